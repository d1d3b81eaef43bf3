const maxDepth = 60;

/**
 * A copy of a tool's arguments as plain JSON data: what is asked about is then what runs, whatever the caller changes
 * meanwhile. Throws for what JSON cannot say faithfully (functions, symbols, bigint, NaN, dates, maps, class instances,
 * cycles, holes): a policy must not judge less than the tool gets. Members that are undefined are left out.
 */
export function snapshotArguments(value: unknown): unknown {
  return copy(value, '', 0);
}

function copy(value: unknown, path: string, depth: number): unknown {
  if (depth > maxDepth) throw new TypeError(`the arguments nest deeper than ${maxDepth} at ${place(path)}`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    throw new TypeError(`${place(path)} is ${value}, which JSON cannot say`);
  }
  if (Array.isArray(value)) {
    // Not map(): it would skip holes.
    return Array.from({ length: value.length }, (_, i) => copy(value[i], `${path}/${i}`, depth + 1));
  }
  if (typeof value === 'object' && isPlain(value)) {
    const result: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      // Not an assignment: a member called __proto__ must stay a member.
      Object.defineProperty(result, name, {
        value: copy(member, `${path}/${name}`, depth + 1),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return result;
  }
  throw new TypeError(`${place(path)} is not JSON data (${describe(value)})`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || isForeignPlain(prototype);
}

/** Object.prototype of another realm (a worker's message, a vm context). */
function isForeignPlain(prototype: unknown): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'object';
  return typeof value;
}

function place(path: string): string {
  return path === '' ? 'the value itself' : path.slice(0, 120);
}
