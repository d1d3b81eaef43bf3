import { Sandbox } from '../sandbox/sandbox.js';
import { AgentUnderTest, type AgentSetup } from './agent-under-test.js';
import { DeniedRead } from './denied-read.js';
import type { Bench } from './kit.js';

/** What most experiments begin with: a sandbox, a secret to read in it, and an agent of its own that denies the secret. */
export interface Denial {
  readonly sandbox: Sandbox;
  readonly read: DeniedRead;
  readonly agent: AgentUnderTest;
  /** The text of its policy. */
  readonly policy: string;
}

/** Makes all three, the agent not yet started; the bench takes them down again. `more` goes into the policy as well. */
export async function prepareDenial(
  bench: Bench,
  setup: Omit<AgentSetup, 'policy'>,
  more = '',
): Promise<Denial> {
  const sandbox = await Sandbox.create();
  bench.onCleanUp('remove the sandbox', () => sandbox.remove());
  const read = await DeniedRead.prepare(bench, sandbox);
  const policy = `version=1\n[deny_path]\n${read.secretPath}\n${more}`;
  const agent = await AgentUnderTest.prepare(bench, sandbox, { ...setup, policy });
  return { sandbox, read, agent, policy };
}
