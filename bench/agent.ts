import { guestFigures } from './guest-figures.js';
import type { Benchmark } from './main.js';
import { median } from './measure.js';
import type { AgentFigures } from './guest/agent-start.js';

/** How long the agent takes to be ready in the lane, beside a bare `systemd-run` there, and what it keeps in memory. */
const bench: Benchmark = async () => {
  const {
    figures,
    guest: { kernelRelease, accel, bootMs },
  } = await guestFigures<AgentFigures>('agent-start', 300_000);
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
