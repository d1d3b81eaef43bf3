import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
// Loading the validator takes tens of milliseconds: this file is itself loaded only where there is something to check.
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { packageRoot } from '../paths.js';

export type SchemaName = 'hooks' | 'hook-answer' | 'hook-payload' | 'ledger-event';

/** One thing wrong with a document, and where, as a JSON pointer (RFC 6901). */
export interface Violation {
  readonly pointer: string;
  readonly message: string;
}

const compiled = new Map<SchemaName, Promise<ValidateFunction>>();

/** What is wrong with `value` by schemas/<name>.schema.json; nothing when it is valid. */
export async function violations(name: SchemaName, value: unknown): Promise<readonly Violation[]> {
  let pending = compiled.get(name);
  if (!pending) compiled.set(name, (pending = compile(name)));
  const validate = await pending;
  if (validate(value)) return [];
  const told = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if').map(tell);
  // Several rules may reject one place in the same words.
  return told.filter(
    (one, i) => told.findIndex((o) => o.pointer === one.pointer && o.message === one.message) === i,
  );
}

async function compile(name: SchemaName): Promise<ValidateFunction> {
  const path = join(packageRoot, 'schemas', `${name}.schema.json`);
  const schema = JSON.parse(await readFile(path, 'utf8')) as object;
  return new Ajv2020({
    allErrors: true,
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
  }).compile(schema);
}

function tell(error: ErrorObject): Violation {
  const at = error.instancePath;
  const params = error.params as Record<string, unknown>;
  const below = (property: unknown) =>
    `${at}/${String(property).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  switch (error.keyword) {
    case 'additionalProperties':
      return { pointer: below(params['additionalProperty']), message: 'is not a known property' };
    case 'unevaluatedProperties':
      return { pointer: below(params['unevaluatedProperty']), message: 'is not a known property' };
    case 'required':
      return { pointer: below(params['missingProperty']), message: 'is missing' };
    case 'const':
      return { pointer: at, message: `must be ${JSON.stringify(params['allowedValue'])}` };
    case 'enum':
      return { pointer: at, message: `must be one of ${JSON.stringify(params['allowedValues'])}` };
    case 'false schema':
      return { pointer: at, message: 'must not stand here' };
    default:
      return { pointer: at, message: error.message ?? `fails ${error.keyword}` };
  }
}
