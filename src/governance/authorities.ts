import type { Authority } from './interceptor.js';
import type { RuntimeLink } from './link.js';
import type { Outcome } from './verdict.js';

/**
 * An authority that can never be asked. Under enforce it denies every call with this word, under observe it lets
 * every call pass and has each recorded; which of the two is the verdict function's business alone.
 */
export function unavailable(word: 'native_missing' | 'not_registered', message: string): Authority {
  const outcome: Outcome = { kind: 'failure', word, message };
  return { query: () => Promise.resolve(outcome), waitForApproval: () => Promise.resolve(outcome) };
}

/**
 * The runtime at the other end of a link, as it is at each question: unreachable now, answering a moment later. An
 * agent the runtime refused to register is not governed, which is not the same as a runtime that is gone.
 */
export function throughLink(link: RuntimeLink): Authority {
  const refused = (): Outcome => ({ kind: 'failure', word: 'not_registered', message: link.failure });
  return {
    query: async (tool, args) => {
      const outcome = await link.query(tool, args);
      return isUnreachable(outcome) && link.state === 'refused' ? refused() : outcome;
    },
    waitForApproval: (approvalId, timeoutMs) => link.waitForApproval(approvalId, timeoutMs),
  };
}

function isUnreachable(outcome: Outcome): boolean {
  return outcome.kind === 'failure' && outcome.word === 'runtime_unreachable';
}
