#!/usr/bin/env node
/**
 * The whole set-up, from a plain clone to proofs that run: system packages, npm packages, both builds, the guest image
 * and its kernels. Repeatable and resumable: it does what is missing and nothing else.
 *
 * Usage: node setup/main.mjs [KERNEL...]   the guest kernels to prepare; without any, all the lane knows
 */
import { fileURLToPath } from 'node:url';
import { guarded, SetupError } from './error.mjs';
import { Progress, since } from './progress.mjs';
import { bundleStep } from './step-bundle.mjs';
import { guestStep } from './step-guest.mjs';
import { manifestStep } from './step-manifest.mjs';
import { nativeStep } from './step-native.mjs';
import { npmStep } from './step-npm.mjs';
import { packagesStep } from './step-packages.mjs';
import { typescriptStep } from './step-typescript.mjs';
import { runSteps } from './steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_NODE = 20;

await guarded(async () => {
  const startedAt = Date.now();
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE)
    throw new SetupError(
      `cannot run on Node ${process.versions.node}: ${OLDEST_NODE} is the oldest that works`,
      {
        wayOut: 'Install a newer Node.',
      },
    );
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetupError(`cannot set up on ${process.platform} ${process.arch}: only linux x64 works so far`);
  const progress = new Progress();
  const steps = [
    packagesStep(),
    npmStep(root),
    typescriptStep(root),
    bundleStep(root),
    nativeStep(root),
    manifestStep(root),
    guestStep(root, process.argv.slice(2)),
  ];
  const worked = await runSteps(root, steps, progress);
  progress.line(worked === 0 ? `nothing to do (${since(startedAt)})` : `complete in ${since(startedAt)}`);
});
