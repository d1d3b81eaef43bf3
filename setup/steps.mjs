import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { since } from './progress.mjs';

/**
 * @typedef {object} Step
 * @property {string} title as shown
 * @property {() => Promise<boolean>} isDone whether there is nothing to do; must be quick and change nothing
 * @property {(progress: import('./progress.mjs').Progress) => Promise<void>} run does the work; safe to repeat after it was cut off
 */

/**
 * Runs, in order, each step that is not done, under one lock for the whole checkout.
 * @param {string} root the checkout
 * @param {Step[]} steps
 * @param {import('./progress.mjs').Progress} progress
 * @returns {Promise<number>} how many steps had work to do
 */
export async function runSteps(root, steps, progress) {
  if (await areDone(steps)) return 0;
  const waiting = () => progress.line('another set-up is at work in this checkout; waiting for it to end');
  return withLock(join(root, 'build', '.setup.lock'), waiting, async () => {
    let worked = 0;
    for (const [index, step] of steps.entries()) {
      // Asked again under the lock: whoever held it before may have done the work.
      if (await step.isDone()) continue;
      const startedAt = Date.now();
      progress.line(`${index + 1}/${steps.length} ${step.title} ...`);
      await step.run(progress);
      progress.line(`${index + 1}/${steps.length} ${step.title}: done in ${since(startedAt)}`);
      worked += 1;
    }
    return worked;
  });
}

async function areDone(steps) {
  for (const step of steps) if (!(await step.isDone())) return false;
  return true;
}
