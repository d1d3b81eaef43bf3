import t from 'tap';
import { lossError, tailOf, type Loss } from '../../src/vm/verdict.js';

const loss = (known: Partial<Loss>) =>
  lossError('6.12', {
    console: '',
    qemuOutput: '',
    ended: undefined,
    handedOver: false,
    greeted: false,
    ...known,
  });

t.test('each way to lose a machine has a verdict of its own, and none is a result', async (t) => {
  const ended = 'QEMU ended with 0';
  const cases: [string, Partial<Loss>, string, RegExp][] = [
    [
      'panic',
      { console: 'Kernel panic - not syncing: sysrq', ended, greeted: true },
      'KERNEL_PANIC',
      /panicked \(sysrq\)/,
    ],
    [
      'no init',
      {
        handedOver: true,
        console: `Kernel panic - not syncing: Attempted to kill init! exitcode=0x100`,
        ended,
      },
      'NO_SYSTEMD',
      /process 1 ended/,
    ],
    [
      'systemd dies under the command',
      { console: 'Kernel panic - not syncing: Attempted to kill init!', ended, greeted: true },
      'KERNEL_PANIC',
      /finish the run on kernel 6\.12/,
    ],
    ['no channel', { handedOver: true, deadlineMs: 120_000 }, 'NO_SYSTEMD', /within 120 s/],
    ['no user space', { console: 'Booting', deadlineMs: 120_000 }, 'TIMED_OUT', /did not reach user space/],
    ['long command', { greeted: true, deadlineMs: 5000 }, 'TIMED_OUT', /command did not end within 5 s/],
    [
      'initramfs',
      { console: 'aegis-initramfs: disk vda is missing', ended },
      'MACHINE_LOST',
      /disk vda is missing/,
    ],
    ['killed', { ended: 'QEMU was killed by SIGKILL', greeted: true }, 'MACHINE_LOST', /killed by SIGKILL/],
    ['full', { qemuOutput: 'No space left on device', ended }, 'DISK_FULL', /no space left/],
  ];
  for (const [name, known, code, message] of cases) {
    const error = loss(known);
    t.equal(error.code, code, name);
    t.match(error.message, message, name);
    t.equal(error.exitCode, 99, name);
    t.ok(error.wayOut, name);
  }
});

t.test("the evidence is the log's end, as text", async (t) => {
  const log = `\u001b[2J\u001b[01;31mred\u001b[0m\r\n${Array.from({ length: 99 }, (_, i) => `line ${i}`).join('\n')}\n\n`;
  const tail = tailOf(log).split('\n');
  t.equal(tail.length, 25);
  t.equal(tail.at(-1), 'line 98');
  const trace = Array.from({ length: 60 }, (_, i) => `[  1.${i}]  frame_${i}\n[  1.${i}]  ? guess`).join(
    '\n',
  );
  const panicked = tailOf(`before\n[  1.0] Kernel panic - not syncing: why\n${trace}`);
  t.match(panicked, /^\[ {2}1\.0\] Kernel panic - not syncing: why\n\.\.\.\n/);
  t.match(panicked, /frame_59$/);
  t.notMatch(panicked, 'guess');
  t.equal(tailOf('\u001b[01;31mred\u001b[0m\u0007 \r\n'), 'red');
  t.match(
    loss({ console: 'the last words', qemuOutput: 'qemu: oh', ended: 'x' }).detail,
    /qemu: oh\nthe last words/,
  );
});
