import { runInGuest } from '../src/vm/index.js';
import type { Benchmark } from './main.js';
import { median } from './measure.js';
import type { AgentFigures } from './guest/agent-start.js';

/** How long the agent takes to be ready in the lane, beside a bare `systemd-run` there, and what it keeps in memory. */
const bench: Benchmark = async () => {
  let stdout = '';
  let stderr = '';
  const { kernelRelease, accel, bootMs, exitCode } = await runInGuest(
    {
      kernel: '6.12',
      argv: ['node', '/opt/aegis/lib/bench/guest/agent-start.js'],
      timeoutMs: 300_000,
    },
    {
      signal: new AbortController().signal,
      onStdout: (chunk) => void (stdout += chunk.toString()),
      onStderr: (chunk) => void (stderr += chunk.toString()),
      onProgress: () => undefined,
    },
  );
  if (exitCode !== 0) throw new Error(`the measurement in the guest failed: ${stderr}`);
  const figures = JSON.parse(stdout) as AgentFigures;
  const [ready, bare] = [median(figures.ready_ms), median(figures.bare_ms)];
  return {
    name: `agent in the guest (${kernelRelease}, ${accel}, median of ${figures.ready_ms.length}, in turn)`,
    rows: [
      { what: 'power-on to a running unit', value: `${(bootMs / 1000).toFixed(1)} s (one boot)` },
      {
        what: 'start to READY, ENFORCE',
        value: `${(ready - bare).toFixed(0)} ms (${ready.toFixed(0)} ms with systemd-run, which alone takes ${bare.toFixed(0)} ms)`,
      },
      { what: 'resident memory, empty policy', value: `${(median(figures.rss_kib) / 1024).toFixed(1)} MiB` },
    ],
  };
};
export default bench;
