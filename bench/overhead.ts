import { guestFigures } from './guest-figures.js';
import type { Benchmark } from './main.js';
import type { OverheadFigures } from './guest/overhead.js';
import { median } from './measure.js';

/** What enforcement costs acts that no rule means, by class of act and number of rules, and what the hooks take. */
const bench: Benchmark = async () => {
  const {
    figures,
    guest: { kernelRelease, accel },
  } = await guestFigures<OverheadFigures>('overhead', 900_000);
  const rows = figures.acts.map(({ act, rules, off_ns, on_ns }) => {
    // Each round is a pair, one after the other, so that a slow stretch of the machine hits both.
    const ratio = median(on_ns.map((on, round) => on / (off_ns[round] ?? NaN)));
    return {
      what: `${act}, ${rules.toLocaleString('en')} rules`,
      value: `${((ratio - 1) * 100).toFixed(1)} % (${(median(on_ns) / 1000).toFixed(1)} µs against ${(median(off_ns) / 1000).toFixed(1)} µs)`,
    };
  });
  const hooks = figures.hooks.map(({ name, ns }) => ({
    what: `BPF run time of ${name}`,
    value: `${ns.toFixed(0)} ns a call`,
  }));
  const rounds = figures.acts[0]?.on_ns.length ?? 0;
  return {
    name: `enforcement's cost in the guest (${kernelRelease}, ${accel}, ENFORCE, median of ${rounds} pairs, alternating)`,
    rows: [
      ...rows,
      {
        what: 'policy apply, 100,000 inodes and addresses',
        value: `${(figures.apply_ms / 1000).toFixed(2)} s`,
      },
      ...hooks,
    ],
  };
};
export default bench;
