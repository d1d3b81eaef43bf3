/** What a `before_invocation` hook said. */
export type Answer =
  | { readonly decision: 'allow' }
  | { readonly decision: 'deny'; readonly reason: string }
  | { readonly decision: 'none'; readonly why: string };

/**
 * Reads the standard output of a `before_invocation` hook: one JSON object with `decision`, nothing else. Silence is
 * no consent: a hook that exits 0 without a word may have crashed quietly.
 */
export function parseAnswer(output: Buffer, truncated: boolean): Answer {
  const none = (why: string): Answer => ({ decision: 'none', why });
  if (truncated) return none('it wrote more than can be an answer');
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(output);
  } catch {
    return none('its output is not UTF-8');
  }
  if (text.trim() === '') return none('it wrote no answer; {"decision":"allow"} lets the command run');
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return none('its output is not one JSON object');
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    return none('its output is not one JSON object');
  // The same as schemas/hook-answer.schema.json; by hand, since nothing else on this path needs a validator.
  const { decision, reason, ...unknown } = answer as Record<string, unknown>;
  const [stray] = Object.keys(unknown);
  if (stray !== undefined) return none(`its answer has the unknown property ${JSON.stringify(stray)}`);
  if (reason !== undefined && typeof reason !== 'string') return none('its reason is not a text');
  if (decision === 'allow') return { decision };
  if (decision === 'deny') return { decision, reason: reason?.trim() || 'no reason given' };
  return none('its decision is neither "allow" nor "deny"');
}
