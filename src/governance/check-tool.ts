import { AegisError } from '../errors.js';
import { loadNative } from '../native.js';
import { registration } from './identity.js';
import { RuntimeLink } from './link.js';
import type { OperatorOptions } from './operator.js';
import { snapshotArguments } from './snapshot.js';
import { runtimeSocketPath } from './socket-path.js';
import { resolveVerdict, type Action } from './verdict.js';

export interface ToolCheck {
  readonly tool: string;
  /** The verdict under enforce; `undecided` when it is a deny only because nobody could decide. */
  readonly action: Action | 'undecided';
  readonly decision: string;
  readonly reason: string;
  /** Line of the policy that decided. */
  readonly rule?: number;
  /** What would be hidden from the tool. */
  readonly redact?: readonly string[];
}

/**
 * Asks a running authority about one call, as an agent that registers for this and leaves again; a call that would
 * wait for approval is withdrawn. Throws `NATIVE_MISSING` or `RUNTIME_UNREACHABLE`.
 */
export async function checkTool(
  tool: string,
  args: unknown,
  options: OperatorOptions = {},
): Promise<ToolCheck> {
  const native = loadNative();
  if (native.state === 'missing')
    throw new AegisError(
      'NATIVE_MISSING',
      `cannot ask the runtime: the native extension is missing (${native.reason})`,
      {
        wayOut: 'Build it with `make -C native addon`.',
      },
    );
  const timeoutMs = options.timeoutMs ?? 2000;
  const socketPath = runtimeSocketPath(options);
  const link = new RuntimeLink({
    native: native.module,
    socketPath,
    expectedUid: process.geteuid?.() ?? 0,
    connectTimeoutMs: timeoutMs,
    queryTimeoutMs: timeoutMs,
    registration: registration({ id: `aegis-cli-${process.pid}`, name: 'aegis tools check' }, 'enforce'),
  });
  try {
    await link.connect();
  } catch (error) {
    throw new AegisError('RUNTIME_UNREACHABLE', `cannot ask the runtime at ${socketPath}: ${link.failure}`, {
      cause: error,
      wayOut: 'Start it with `aegis-agent runtime --policy FILE`, or name its --instance.',
    });
  }
  try {
    const outcome = await link.query(tool, JSON.stringify(snapshotArguments(args)));
    const verdict = resolveVerdict('enforce', outcome);
    const { rule, rules } = readDetails(outcome.kind === 'query' ? outcome.answer : undefined);
    const isUndecided = verdict.basis !== 'decided';
    return {
      tool,
      action: isUndecided ? 'undecided' : verdict.action,
      decision: isUndecided ? `could not decide (${verdict.reason})` : words[verdict.action],
      reason: verdict.message,
      ...(rule ? { rule } : {}),
      ...(rules ? { redact: rules } : {}),
    };
  } finally {
    await link.close();
  }
}

const words = { allow: 'allow', redact: 'allow', wait: 'wait for approval', deny: 'deny' } as const;

function readDetails(answer: unknown): { rule?: number; rules?: string[] } {
  const { rule, rules } = (answer ?? {}) as { rule?: unknown; rules?: unknown };
  return {
    ...(typeof rule === 'number' && rule > 0 ? { rule } : {}),
    ...(Array.isArray(rules)
      ? { rules: rules.map((each) => String((each as { path?: unknown }).path)) }
      : {}),
  };
}
