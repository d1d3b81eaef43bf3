import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/paths.js';

import { kernelNames, runInGuest, runMany } from '../../src/vm/index.js';

// A script that knows nothing of this project's kit, run on each kernel.
t.setTimeout(600_000);

const script = join(packageRoot, 'test', 'agent', 'behavioural.sh');

const results = await runMany(
  kernelNames.map((kernel) => async () => {
    let output = '';
    const collect = (chunk: Buffer) => void (output += chunk.toString());
    const { exitCode } = await runInGuest(
      {
        kernel,
        argv: ['bash', '/root/behavioural.sh'],
        copies: [{ from: script, to: '/root/behavioural.sh' }],
        env: {
          AEGIS_BIN: '/opt/aegis/build/bin/aegis-agent',
          AEGIS_BPF_OBJ: '/opt/aegis/build/bpf/aegis.bpf.o',
        },
        timeoutMs: 120_000,
      },
      {
        signal: new AbortController().signal,
        onStdout: collect,
        onStderr: collect,
        onProgress: () => undefined,
      },
    );
    return { kernel, exitCode, output };
  }),
);
for (const { kernel, exitCode, output } of results) {
  t.equal(exitCode, 0, `${kernel}: ${output}`);
  t.equal(output.match(/^ok - /gm)?.length, 6, `${kernel}: every step was told`);
}
