#!/usr/bin/env node
/**
 * `npm run prove [-- NAME... FLAGS...]`: `aegis prove` in the embedded lane. Arguments are passed on as they are; the
 * lane's kernel is chosen here only when they do not choose one.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { COULD_NOT } from './error.mjs';

const given = process.argv.slice(2);
const hasLane = given.some((arg) => arg === '--vm' || arg.startsWith('--vm='));
const shim = fileURLToPath(new URL('../bin/run.js', import.meta.url));
// `--vm` takes every word after it as a kernel, so the proofs' names stand before it.
const args = [shim, 'prove', ...given, ...(hasLane ? [] : ['--vm', '6.12'])];

const child = spawn(process.execPath, args, { stdio: 'inherit' });
// The proof ends by itself on a signal, and cleans up first.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => (process.exitCode = code ?? COULD_NOT));
