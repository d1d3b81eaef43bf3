#!/usr/local/bin/node
// Enforces until the first event, then takes its programs down and keeps its claim.
import { execFileSync, spawn } from 'node:child_process';

const real = '/opt/aegis/build/bin/aegis-agent';
const args = process.argv.slice(2);
if (args[0] !== 'run') {
  execFileSync(real, args, { stdio: 'inherit' });
} else {
  const agent = spawn(real, [...args, '--log=json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  agent.stdout.once('data', () => agent.kill('SIGTERM'));
}
