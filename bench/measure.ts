import { performance } from 'node:perf_hooks';

/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = NaN, high = NaN] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]];
  return (low + high) / 2;
}

/**
 * Times several actions in turn, A B C A B C, so that a drift of the machine hits all alike. One uncounted round goes
 * first. Milliseconds, per action in the order given.
 */
export async function timeInTurn(
  rounds: number,
  actions: readonly (() => Promise<unknown>)[],
): Promise<readonly (readonly number[])[]> {
  const times = actions.map((): number[] => []);
  for (let round = -1; round < rounds; round += 1)
    for (const [i, action] of actions.entries()) {
      const started = performance.now();
      await action();
      if (round >= 0) times[i]?.push(performance.now() - started);
    }
  return times;
}
