import { join } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { execa } from 'execa';
import { AegisError, messageOf } from '../errors.js';
import { nativeBin } from '../paths.js';

/** The kinds of BPF program enforcement is made of. */
export const mechanisms = ['lsm', 'fmod_ret', 'fentry', 'tracepoint'] as const;
export type Mechanism = (typeof mechanisms)[number];

/** For each kind: undefined when a program that does nothing loaded, else the kernel's refusal in words. */
export type FeltLoads = Readonly<Record<Mechanism, string | undefined>>;

/**
 * Feels which kinds of BPF program the kernel lets this process load. Nothing is attached. Asked of a program of our
 * own and not of the agent, whose word is what the proofs test. Throws `COMMAND_FAILED`.
 */
export async function feelLoads(): Promise<FeltLoads> {
  try {
    const { stdout } = await execa(join(nativeBin, 'aegis-feel'), { timeout: 10_000 });
    const errnos = JSON.parse(stdout) as Record<Mechanism, number>;
    const felt = mechanisms.map((mechanism) => [mechanism, refusal(errnos[mechanism])] as const);
    return Object.fromEntries(felt) as FeltLoads;
  } catch (cause) {
    throw new AegisError('COMMAND_FAILED', `cannot feel which BPF programs load: ${messageOf(cause)}`, {
      cause,
      wayOut: 'Run `npm run build`.',
    });
  }
}

function refusal(errno: number): string | undefined {
  if (errno === 0) return undefined;
  const [name, text] = getSystemErrorMap().get(-errno) ?? [`error ${errno}`, 'unknown'];
  return `${name}, ${text}`;
}
