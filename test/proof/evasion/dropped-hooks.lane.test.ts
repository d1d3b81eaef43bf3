import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../../src/paths.js';
import type { ProofEvent, ScenarioRecord } from '../../../src/proof/kit.js';
import { run } from '../../../src/sandbox/run.js';
import { lsmWithBpf, runInGuest } from '../../../src/vm/index.js';

// The rows have teeth: with the decision of one hook taken out, those that need it leak, and no others.
t.setTimeout(400_000);

/** Hooks that no canary feels, with the ways that only they stop. */
const leaksWithout: Readonly<Record<string, readonly string[]>> = {
  file_mprotect: ['before-mprotect', 'before-mprotect-write', 'before-pkey-mprotect'],
  file_ioctl: ['loop-device'],
};

const objects = Object.keys(leaksWithout).map((hook) => `build/bpf/mutants/drop-${hook}.bpf.o`);
const built = await run(
  ['make', '-s', '-C', join(packageRoot, 'native'), ...objects.map((name) => join(packageRoot, name))],
  {
    timeoutMs: 120_000,
  },
);
if (built.exitCode !== 0) t.bailout(`cannot build the broken BPF objects: ${built.stderr}`);

let output = '';
let noise = '';
const script = objects
  .map(
    (name) =>
      `echo "=== ${name}"; AEGIS_BPF_OBJ=/root/${name} AEGIS_ALLOW_UNSIGNED_BPF=1 ` +
      'node /opt/aegis/lib/src/guest-main.js 60 evasion/file-lsm',
  )
  .join('\n');
await runInGuest(
  {
    kernel: '6.12',
    lsm: lsmWithBpf,
    argv: ['bash', '-c', script],
    copies: objects.map((name) => ({ from: join(packageRoot, name), to: `/root/${name}` })),
    timeoutMs: 380_000,
  },
  {
    signal: new AbortController().signal,
    onStdout: (chunk) => void (output += chunk.toString()),
    onStderr: (chunk) => void (noise += chunk.toString()),
    onProgress: () => undefined,
  },
);

const records = new Map<string, ScenarioRecord>();
let current = '';
for (const line of output.split('\n')) {
  const [, name] = /^=== (.+)$/.exec(line) ?? [];
  if (name) current = name;
  if (!line.startsWith('{')) continue;
  const event = JSON.parse(line) as ProofEvent;
  if (event.event === 'scenario-ended') records.set(current, event.record);
}

for (const [hook, ways] of Object.entries(leaksWithout)) {
  const record = records.get(`build/bpf/mutants/drop-${hook}.bpf.o`);
  t.equal(record?.verdict, 'disproven', `without ${hook}: ${noise.slice(-500)}`);
  const leaked = record?.points.filter(({ verdict }) => verdict !== 'proven' && verdict !== 'skipped');
  t.same(leaked?.map(({ name }) => name).sort(), [...ways].sort(), `what leaks without ${hook}`);
  t.ok(
    leaked?.every(({ verdict }) => verdict === 'disproven'),
    'each leak is a disproof',
  );
}
