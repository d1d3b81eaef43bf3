import { within } from '../../governance/deadline.js';
import type { Operator, RuntimeEvent } from '../../governance/operator.js';

/** The runtime's next event of a type: of those from now on, or of those after a number. Rejects when it does not come. */
export async function nextEvent(
  operator: Operator,
  type: string,
  options: { readonly timeoutMs: number; readonly after?: number },
): Promise<RuntimeEvent> {
  const { timeoutMs, after } = options;
  const over = new AbortController();
  const follow = { signal: over.signal, ...(after === undefined ? {} : { after }) };
  const seen = new Promise<RuntimeEvent>((resolve, reject) => {
    operator.follow(follow, (event) => event.type === type && resolve(event)).catch(reject);
  });
  try {
    return await within(timeoutMs, seen);
  } finally {
    over.abort();
  }
}
