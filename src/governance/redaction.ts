/** A place in the arguments (a JSON pointer, RFC 6901) and what to put there. */
export interface RedactionRule {
  readonly path: string;
  readonly replacement: string;
}

/**
 * Applies the rules to the arguments in place and returns them with the paths redacted. Throws when a rule is not
 * understood or its place is not there: a secret that could not be hidden must not go on.
 */
export function applyRedaction(
  args: unknown,
  rules: readonly unknown[],
): { readonly args: unknown; readonly paths: readonly string[] } {
  if (rules.length === 0) throw new TypeError('the list of redaction rules is empty');
  const paths = rules.map((rule, i) => {
    const { path, replacement } = readRule(rule, i);
    replace(args, path, replacement);
    return path;
  });
  return { args, paths };
}

function readRule(rule: unknown, index: number): RedactionRule {
  const { path, replacement } = (rule ?? {}) as Record<string, unknown>;
  if (typeof path !== 'string' || !path.startsWith('/') || typeof replacement !== 'string')
    throw new TypeError(`redaction rule ${index} needs a path (a JSON pointer) and a replacement`);
  return { path, replacement };
}

function replace(args: unknown, path: string, replacement: string): void {
  const segments = path
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = segments.pop() ?? '';
  const holder = segments.reduce((value: unknown, segment) => member(value, segment, path), args);
  member(holder, last, path);
  Object.defineProperty(holder, last, {
    value: replacement,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** Own members only: a path must not reach what every object inherits. */
function member(value: unknown, name: string, path: string): unknown {
  const isIndex = !Array.isArray(value) || /^(0|[1-9][0-9]*)$/.test(name);
  if (typeof value === 'object' && value !== null && isIndex && Object.hasOwn(value, name))
    return (value as Record<string, unknown>)[name];
  throw new TypeError(`there is nothing at ${path} to redact`);
}
