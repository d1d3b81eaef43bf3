import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { execa } from 'execa';
import { nativeBin } from '../../src/paths.js';
import { readBpfSnapshot } from '../../src/witness/bpf.js';
import { median } from '../measure.js';

/** What is printed as JSON on stdout. One entry a round; nanoseconds of a single act. */
export interface OverheadFigures {
  readonly acts: readonly {
    readonly act: string;
    readonly rules: number;
    readonly off_ns: readonly number[];
    readonly on_ns: readonly number[];
  }[];
  readonly hooks: readonly { readonly name: string; readonly ns: number }[];
  /** Milliseconds to apply the largest policy. */
  readonly apply_ms: number;
}

const rounds = 9;
const sizes = [10, 100_000];
const probe = join(nativeBin, 'aegis-probe');
const agent = join(nativeBin, 'aegis-agent');
const instance = ['--instance', 'bench'];
const unit = 'aegis-bench';
const folder = mkdtempSync('/var/tmp/aegis-bench-');
const innocent = join(folder, 'innocent');
writeFileSync(innocent, 'innocent\n');

/** Of each act, in a round, with enforcement and without; their median is the round's figure. */
const samples = 5;
/** What is timed: enough of each for a tenth of a second or so under emulation. */
const acts = [
  { act: 'open', object: innocent, count: 4000 },
  { act: 'connect', object: '-', count: 300 },
  { act: 'exec', object: probe, count: 80 },
];

/** Rules for each class of act that is timed, none of which is ever met: files and addresses by halves, a few programs. */
function policyOf(rules: number): string {
  const each = (count: number, text: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => text(i));
  return [
    ...['version=1', '[deny_inode]', ...each(rules / 2, (i) => `253:${1_000_000_000 + i}`)],
    ...['[deny_ip]', ...each(rules / 2, (i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)],
    ...['[deny_comm]', ...each(10, (i) => `no-program-${i}`), ''],
  ].join('\n');
}

/** Nanoseconds an act. */
async function pace({ act, object, count }: (typeof acts)[number]): Promise<number> {
  const { stdout } = await execa(probe, ['pace', act, object, String(count)]);
  const ns = Number(/^ns (\d+)$/m.exec(stdout)?.[1]);
  return ns / count;
}

async function startAgent(): Promise<void> {
  const how = ['--quiet', '--collect', `--unit=${unit}`, '--property=Type=notify', '--'];
  await execa('systemd-run', [...how, agent, 'run', '--enforce', '--on-stop=detach', ...instance]);
}

async function measure(rules: number): Promise<{ acts: OverheadFigures['acts']; applyMs: number }> {
  const policy = join(folder, 'policy');
  writeFileSync(policy, policyOf(rules));
  const started = performance.now();
  await execa(agent, ['policy', 'apply', policy, '--reset', ...instance]);
  const applyMs = performance.now() - started;
  const measured = acts.map(({ act }) => ({ act, rules, off_ns: [] as number[], on_ns: [] as number[] }));
  // One uncounted round goes first.
  for (let round = -1; round < rounds; round += 1)
    for (const state of round % 2 === 0 ? (['off_ns', 'on_ns'] as const) : (['on_ns', 'off_ns'] as const)) {
      if (state === 'on_ns') await startAgent();
      const paced = acts.map((): number[] => []);
      for (let sample = 0; sample < samples; sample += 1)
        for (const [i, act] of acts.entries()) paced[i]?.push(await pace(act));
      if (round >= 0) for (const [i, each] of paced.entries()) measured[i]?.[state].push(median(each));
      if (state === 'on_ns') await execa('systemctl', ['stop', unit]);
    }
  return { acts: measured, applyMs };
}

/** Nanoseconds a call of each program, by the kernel's own statistics, which themselves cost something. */
async function hookTimes(): Promise<OverheadFigures['hooks']> {
  await startAgent();
  writeFileSync('/proc/sys/kernel/bpf_stats_enabled', '1');
  for (const act of acts) await pace(act);
  const { programs } = await readBpfSnapshot();
  writeFileSync('/proc/sys/kernel/bpf_stats_enabled', '0');
  await execa('systemctl', ['stop', unit]);
  return programs
    .filter(({ name, run_cnt }) => name.startsWith('lsm_') && run_cnt > 0)
    .map(({ name, run_time_ns, run_cnt }) => ({ name, ns: run_time_ns / run_cnt }));
}

const measured = [];
for (const rules of sizes) measured.push(await measure(rules));
process.stdout.write(
  JSON.stringify({
    acts: measured.flatMap((each) => each.acts),
    hooks: await hookTimes(),
    apply_ms: measured.at(-1)?.applyMs ?? NaN,
  } satisfies OverheadFigures),
);
