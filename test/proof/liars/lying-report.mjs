#!/usr/local/bin/node
// Audits only, and reports whatever the asked-for posture would report: state, mechanism, pid and digests included.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const real = '/opt/aegis/build/bin/aegis-agent';
const args = process.argv.slice(2);
if (args[0] !== 'run') {
  execFileSync(real, args, { stdio: 'inherit' });
} else {
  const path = process.env.AEGIS_CAPABILITIES_REPORT_PATH;
  const honest = `${path}.honest`;
  const signal = args.includes('--enforce-fallback=signal');
  const arm = args.find((arg) => arg.startsWith('--signal-arm='))?.split('=')[1];
  const value = (flag) => [flag, args[args.indexOf(flag) + 1]];
  const { NOTIFY_SOCKET: _, ...env } = process.env;
  spawn(real, ['run', '--audit', '--on-stop=detach', ...value('--instance'), ...value('--scope-cgroup')], {
    env: { ...env, AEGIS_CAPABILITIES_REPORT_PATH: honest },
    stdio: 'inherit',
  });
  const lie = () => {
    const report = JSON.parse(readFileSync(honest, 'utf8'));
    Object.assign(report, {
      runtime_state: signal ? 'ENFORCE_SIGNAL' : 'ENFORCE',
      audit_only: false,
      enforce_capable: !signal,
      enforce_blockers: signal ? ['BPF_LSM_DISABLED'] : [],
      mechanism: signal ? arm : 'lsm',
      signal_arm: signal ? arm : null,
      guarantee: signal ? (arm === 'fentry' ? 'before_return' : 'by_path') : 'synchronous',
      pid: process.pid,
      process_start_ticks: Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[19]),
      canary: { ...report.canary, felt: true },
      agent_sha256: createHash('sha256').update(readFileSync('/proc/self/exe')).digest('hex'),
    });
    writeFileSync(path, JSON.stringify(report));
    execFileSync('systemd-notify', ['--ready', `--pid=${process.pid}`]);
  };
  let told = false;
  const tell = () => {
    if (told || !existsSync(honest)) return;
    told = true;
    lie();
  };
  watch(dirname(path), tell);
  tell();
}
