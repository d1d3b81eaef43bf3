#!/usr/bin/env node
/** Builds what changed: TypeScript, the native programs, the command manifest. Expects the packages to be there. */
import { fileURLToPath } from 'node:url';
import { guarded } from './error.mjs';
import { Progress, since } from './progress.mjs';
import { bundleStep } from './step-bundle.mjs';
import { manifestStep } from './step-manifest.mjs';
import { nativeStep } from './step-native.mjs';
import { typescriptStep } from './step-typescript.mjs';
import { runSteps } from './steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

await guarded(async () => {
  const startedAt = Date.now();
  const progress = new Progress();
  const worked = await runSteps(
    root,
    [typescriptStep(root), bundleStep(root), nativeStep(root), manifestStep(root)],
    progress,
  );
  progress.line(worked === 0 ? 'the build is up to date' : `built in ${since(startedAt)}`);
});
