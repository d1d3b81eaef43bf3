import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/paths.js';
import { kernelNames, lsmWithoutBpf, runMany } from '../../src/vm/index.js';
import { inGuest, shellInGuest } from './guest.js';

t.setTimeout(800_000);
process.on('warning', (warning) => t.fail(`node warns of ${warning.message}`));

t.test('a command runs as root under systemd, in a cgroup of its own, with the build on PATH', async (t) => {
  const folder = t.testdir({ 'case.sh': '#!/bin/sh\necho "copied $1"\n' });
  const bytes = randomBytes(1_000_003);
  chmodSync(join(folder, 'case.sh'), 0o750);
  writeFileSync(join(folder, 'bytes'), bytes);
  const facts = {
    init: 'cat /proc/1/comm',
    state: 'systemctl is-system-running',
    user: 'id -u',
    folder: 'pwd',
    cgroup: 'cat /proc/self/cgroup',
    alone: 'wc -l < /sys/fs/cgroup/system.slice/aegis-guest.service/channel/cgroup.procs',
    lsm: 'cat /sys/kernel/security/lsm',
    bpffs: 'stat -fc %T /sys/fs/bpf',
    tracefs: 'stat -fc %T /sys/kernel/tracing',
    cgroups: 'stat -fc %T /sys/fs/cgroup',
    root: 'stat -fc %T /',
    node: 'node --version',
    aegis: '{ command -v aegis; command -v aegis-guest; }',
    build: 'cat /opt/aegis/package.json | sha256sum',
    readonly: 'touch /opt/aegis/x 2>&1 | grep -c Read-only',
    scope: 'systemd-run --quiet --scope --unit=probe cat /proc/self/cgroup',
    service: 'systemd-run --quiet --pipe --wait --unit=served cat /proc/self/cgroup',
    module: 'modprobe overlay && grep -c ^overlay /proc/modules',
    mode: 'stat -c %a /root/in/case.sh',
    copied: '/root/in/case.sh argument',
    copy: 'sha256sum < /root/in/bytes',
    env: 'echo "$GIVEN"',
    error: 'echo to-stderr >&2',
  };
  const script = Object.entries(facts).map(
    ([name, command]) => `echo "${name}=$(${command} | tr '\\n' ' ')"`,
  );
  const result = await shellInGuest(`${script.join('\n')}\nexit 7`, {
    env: { GIVEN: "a 'quoted' value" },
    copies: [
      { from: join(folder, 'case.sh'), to: '/root/in/case.sh' },
      { from: join(folder, 'bytes'), to: '/root/in/bytes' },
    ],
  });
  const seen = Object.fromEntries(
    result.stdout
      .toString('utf8')
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]),
  );
  const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex');
  t.match(seen, {
    init: 'systemd',
    state: 'running',
    user: '0',
    folder: '/root',
    cgroup: '0::/system.slice/aegis-guest.service/job',
    alone: '1',
    lsm: /^lockdown,capability,yama,apparmor,bpf/,
    bpffs: 'bpf_fs',
    tracefs: 'tracefs',
    cgroups: 'cgroup2fs',
    root: 'ext2/ext3',
    node: process.version,
    aegis: '/usr/local/bin/aegis /opt/aegis/build/bin/aegis-guest',
    build: new RegExp(`^${digest(readFileSync(join(packageRoot, 'package.json')))} `),
    readonly: '1',
    scope: '0::/system.slice/probe.scope',
    service: '0::/system.slice/served.service',
    module: '1',
    mode: '750',
    copied: 'copied argument',
    copy: new RegExp(`^${digest(bytes)} `),
    env: "a 'quoted' value",
  });
  t.equal(result.stderr, 'to-stderr\n', 'the two streams are kept apart');
  t.equal(result.exitCode, 7);
  t.match(result.kernelRelease, /^6\.12\./);
  t.match(result.kernelDigest, /^[0-9a-f]{64}$/);
  t.match(result.imageDigest, /^[0-9a-f]{64}$/);
  t.ok(result.bootMs > 0 && result.bootMs <= result.totalMs);
});

t.test('how the command ended is passed through', async (t) => {
  const cases: [readonly string[], number, RegExp][] = [
    [['sh', '-c', 'kill -KILL $$'], 137, /^$/],
    [['sh', '-c', 'kill -TERM $$'], 143, /^$/],
    [['no-such-command'], 127, /cannot run no-such-command: No such file/],
    [['/etc/hostname'], 126, /cannot run .*Permission denied/],
  ];
  const runs = await runMany(
    cases.map(
      ([argv]) =>
        () =>
          inGuest({ argv }),
    ),
  );
  for (const [index, [argv, exitCode, stderr]] of cases.entries()) {
    t.equal(runs[index]?.exitCode, exitCode, argv.join(' '));
    t.match(runs[index]?.stderr, stderr);
  }
});

t.test('each guest starts clean, and a kernel without BPF-LSM truly has none', async (t) => {
  const leave = await shellInGuest('touch /root/left /etc/left; sync; cat /sys/kernel/security/lsm', {
    lsm: lsmWithoutBpf,
  });
  t.notMatch(leave.stdout.toString(), 'bpf');
  t.match(leave.stdout.toString(), /^lockdown,capability,yama,apparmor/);
  const find = await shellInGuest('ls -A /root /etc/left; cat /sys/kernel/security/lockdown', {
    append: ['lockdown=integrity'],
  });
  t.notMatch(find.stdout.toString(), 'left');
  t.match(find.stderr, /cannot access '\/etc\/left'/);
  t.match(find.stdout.toString(), /\[integrity\]/, 'further kernel parameters count');
});

t.test('all output arrives, and what the command leaves behind does not hold the run up', async (t) => {
  const started = performance.now();
  const result = await shellInGuest('sleep 600 & head -c 3000000 /dev/zero | tr "\\0" x; echo end');
  t.equal(result.stdout.length, 3_000_004);
  t.equal(result.stdout.subarray(-5).toString(), 'xend\n');
  t.ok(performance.now() - started < 120_000);
});

t.test('every known kernel boots, two at a time when the machine allows', async (t) => {
  const runs = await runMany(kernelNames.map((kernel) => () => inGuest({ kernel, argv: ['uname', '-r'] })));
  for (const [index, kernel] of kernelNames.entries()) {
    const run = runs[index];
    t.ok(
      run?.kernelRelease.startsWith(`${kernel}.`),
      `${kernel} is ${run?.kernelRelease}, booted in ${run?.bootMs} ms`,
    );
    t.equal(run?.stdout.toString().trim(), run?.kernelRelease);
  }
});
