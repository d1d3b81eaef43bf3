import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { nativeBin } from '../../src/paths.js';
import { timeInTurn } from '../measure.js';

/** What is printed as JSON on stdout. Times in milliseconds. */
export interface AgentFigures {
  readonly ready_ms: readonly number[];
  readonly bare_ms: readonly number[];
  readonly rss_kib: readonly number[];
}

const agent = join(nativeBin, 'aegis-agent');
const folder = mkdtempSync('/var/tmp/aegis-bench-');
writeFileSync(join(folder, 'policy'), 'version=1\n');
const instance = ['--instance', 'bench'];
await execa(agent, ['policy', 'apply', join(folder, 'policy'), ...instance]);

const rss: number[] = [];
const unit = 'aegis-bench';
const start = (argv: readonly string[], properties: readonly string[]) =>
  execa('systemd-run', [
    '--quiet',
    '--collect',
    `--unit=${unit}`,
    ...properties.map((p) => `--property=${p}`),
    '--',
    ...argv,
  ]);

// Both are started and awaited by systemd in the same way, so that their difference is the agent's own.
const [ready = [], bare = []] = await timeInTurn(9, [
  () => start([agent, 'run', '--enforce', '--on-stop=detach', ...instance], ['Type=notify']),
  async () => {
    const { stdout: pid } = await execa('systemctl', ['show', '--property=MainPID', '--value', unit]);
    rss.push(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid.trim()}/status`, 'utf8'))?.[1]));
    await execa('systemctl', ['stop', unit]);
  },
  () => start(['/bin/true'], ['Type=oneshot']),
]).then(([a = [], , c = []]) => [a, c]);

process.stdout.write(JSON.stringify({ ready_ms: ready, bare_ms: bare, rss_kib: rss } satisfies AgentFigures));
