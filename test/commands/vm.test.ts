import { join } from 'node:path';
import t from 'tap';
import { aegis } from '../aegis.js';

t.test('misuse ends with 2, names the cause and the way out, and boots nothing', async (t) => {
  const folder = t.testdir({ file: 'x', vmlinuz: 'no kernel' });
  const file = join(folder, 'file');
  const own = ['--kernel', join(folder, 'vmlinuz'), '--modules', folder];
  const cases: [string[], RegExp][] = [
    [['run', '6.13', '--', 'true'], /no such kernel.*6\.12.*Choose one of 5\.10/s],
    [['run', '6.12'], /no command was given.*after `--`/s],
    [['run', '6.12', '--'], /no command was given/],
    [['run', '--', 'true'], /no kernel was given.*Name one of 5\.10/s],
    [['run', '6.12', ...own, '--', 'true'], /cannot boot two kernels/],
    [['run', '--kernel', file, '--', 'true'], /--modules/],
    [['run', '--modules', folder, '--', 'true'], /--kernel/],
    [['run', ...own, '--', 'true'], /it is no x86 bzImage/],
    [['run', '6.12', '--lsm', 'bpf init=/bin/sh', '--', 'true'], /no list of LSM names/],
    [['run', '6.12', '--copy', 'nocolon', '--', 'true'], /it is not FILE:PATH/],
    [['run', '6.12', '--copy', `${file}:relative`, '--', 'true'], /no absolute path/],
    [['run', '6.12', '--copy', `${file}:/folder/`, '--', 'true'], /no absolute path/],
    [['run', '6.12', '--copy', `${file}-not:/x`, '--', 'true'], /cannot copy .*file-not.*ENOENT/],
    [['run', '6.12', '--copy', `${folder}:/x`, '--', 'true'], /no regular file/],
    [['run', '6.12', '--memory', '10', '--', 'true'], /256/],
    [['run', '6.12', '--timeout', '0', '--', 'true'], /1/],
    [['run', '6.12', '--no-such-flag', '--', 'true'], /no-such-flag/],
    [['prepare', '6.12', 'windows'], /no such kernel/],
  ];
  await Promise.all(
    cases.map(async ([args, stderr]) => {
      const ended = await aegis(['vm', ...args]);
      const line = args.join(' ');
      t.equal(ended.exitCode, 2, line);
      t.match(ended.stderr, stderr, line);
      t.notMatch(ended.stderr, /booting|^\s+at /m, `${line}: no boot, no stack`);
      t.equal(ended.stdout, '', line);
    }),
  );
});

t.test('an unwritable cache and a missing QEMU end with 99', async (t) => {
  const folder = t.testdir({ file: '' });
  const unwritable = await aegis(['vm', 'run', '6.12', '--', 'true'], {
    env: { XDG_CACHE_HOME: join(folder, 'file') },
  });
  t.equal(unwritable.exitCode, 99);
  t.match(unwritable.stderr, /cannot write to .*XDG_CACHE_HOME/s);
  const missing = await aegis(['vm', 'run', '6.12', '--', 'true'], { env: { PATH: folder } });
  t.equal(missing.exitCode, 99);
  t.match(missing.stderr, /qemu-system-x86_64 is not installed.*npm run setup/s);
});

t.test('a mirror that cannot be reached ends with 99 and leaves nothing', async (t) => {
  const home = t.testdir({});
  const ended = await aegis(['vm', 'prepare', '6.12'], {
    env: { XDG_CACHE_HOME: home, AEGIS_DEBIAN_MIRROR: 'http://127.0.0.1:9/debian' },
  });
  t.equal(ended.exitCode, 99);
  t.match(ended.stderr, /cannot (install Debian for the guest|fetch the package lists).*Check the network/s);
});

t.test('the help texts have examples', async (t) => {
  const run = await aegis(['vm', 'run', '--help']);
  t.equal(run.exitCode, 0);
  for (const text of [
    '--lsm',
    '--append',
    '--copy',
    '--memory',
    '--timeout',
    '--kernel',
    '--modules',
    'vm run 6.12 -- uname -a',
  ])
    t.match(run.stdout, text);
  const prepare = await aegis(['vm', 'prepare', '--help']);
  t.equal(prepare.exitCode, 0);
  t.match(prepare.stdout, 'vm prepare 5.10 6.12 --json');
});
