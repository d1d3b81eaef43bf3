import { AegisError } from '../errors.js';

/** Who an agent says it is. Texts are at most 128 bytes, without control characters. */
export interface AgentIdentity {
  readonly id: string;
  readonly name: string;
  readonly framework?: string;
  readonly version?: string;
  readonly team?: string;
  /** The agent on whose behalf this one acts, why (at most 256 characters), and how deep below the first. */
  readonly parent?: string;
  readonly delegationReason?: string;
  readonly depth?: number;
  readonly spawnedBy?: string;
}

const texts = ['id', 'name', 'framework', 'version', 'team', 'parent', 'spawnedBy'] as const;

/** Throws `CONFIG_INVALID` for an identity the runtime would refuse anyway, before anything is opened. */
export function checkIdentity(identity: AgentIdentity): void {
  const refuse = (what: string): never => {
    throw new AegisError('CONFIG_INVALID', `cannot register the agent: ${what}`);
  };
  for (const name of texts) {
    const value: unknown = identity[name];
    if (value === undefined && name !== 'id' && name !== 'name') continue;
    if (typeof value !== 'string' || value === '')
      return refuse(`"${name}" must be a text that is not empty`);
    if (Buffer.byteLength(value) > 128) return refuse(`"${name}" is longer than 128 bytes`);
    if (hasControlCharacter(value)) return refuse(`"${name}" holds a control character`);
  }
  const { delegationReason, depth } = identity;
  if (delegationReason !== undefined) {
    if (typeof delegationReason !== 'string' || [...delegationReason].length > 256)
      return refuse('"delegationReason" must be a text of at most 256 characters');
    if (hasControlCharacter(delegationReason)) return refuse('"delegationReason" holds a control character');
  }
  if (depth !== undefined && (!Number.isInteger(depth) || depth < 0 || depth > 64))
    return refuse('"depth" must be a whole number from 0 to 64');
}

/** The parameters of `agent.register`. */
export function registration(identity: AgentIdentity, mode: string): string {
  const { id, ...rest } = identity;
  return JSON.stringify({ agentId: id, ...rest, mode });
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\u007f');
}
