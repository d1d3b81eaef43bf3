import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { knownOutcomes, resolveVerdict, type Outcome, type Posture } from '../../src/governance/index.js';
import { packageRoot } from '../../src/paths.js';
import { cases, firstMistake } from './verdict-cases.js';

t.test('every case of the table', (t) => {
  t.equal(firstMistake(resolveVerdict), undefined);
  t.end();
});

t.test('every word of the table has a case of its own', (t) => {
  const tried = new Set(cases.map(({ outcome }) => `${outcome.kind}:${wordOf(outcome)}`));
  for (const { kind, word } of knownOutcomes) t.ok(tried.has(`${kind}:${word}`), `${kind}:${word}`);
  t.end();
});

function wordOf(outcome: Outcome): string {
  if (outcome.kind === 'failure') return outcome.word;
  try {
    return String((outcome.answer as { decision?: unknown } | null)?.decision);
  } catch {
    return 'hostile';
  }
}

t.test('no value whatever makes it throw or allow', (t) => {
  const odd: unknown[] = [undefined, null, 0, '', 'allow', [], {}, new Proxy({}, { get: () => 'allow' })];
  const postures: unknown[] = ['enforce', 'unset', 'ENFORCE', '', undefined, null, 7];
  for (const posture of postures)
    for (const outcome of odd) {
      const verdict = resolveVerdict(posture as Posture, outcome as Outcome);
      t.equal(verdict.action, 'deny', `${String(posture)} ${typeof outcome}`);
    }
  t.end();
});

t.test('a redaction without rules and a wait without an id are denied', (t) => {
  const redact = resolveVerdict('enforce', { kind: 'query', answer: { decision: 'redact', rules: 'all' } });
  t.match(redact, { action: 'deny', reason: 'redaction_failed' });
  const wait = resolveVerdict('enforce', { kind: 'query', answer: { decision: 'pending', approvalId: '' } });
  t.match(wait, { action: 'deny', reason: 'malformed_answer' });
  t.end();
});

t.test('each mutation of the table is caught', async (t) => {
  const folder = join(packageRoot, 'dist', 'src', 'governance');
  const source = await readFile(join(folder, 'verdict.js'), 'utf8');
  const rows = [...source.matchAll(/^ {4}\['(?:query|approval|failure)'.*\],$/gm)].map((match) => match[0]);
  t.equal(rows.length, knownOutcomes.length, 'every row of the table is found in the compiled code');

  const mutants: { what: string; text: string }[] = [];
  const mutate = (what: string, from: string, to: string) => {
    const text = source.replace(from, () => to);
    if (text === source) t.fail(`${what}: nothing changed`);
    mutants.push({ what, text });
  };
  for (const row of rows) {
    mutate(`without ${row.trim()}`, row, '');
    const [, enforced] = /^ *\['\w+', '\w+', '(\w+)'/.exec(row) ?? [];
    const other = enforced === 'allow' ? 'deny' : 'allow';
    mutate(`${other} in ${row.trim()}`, row, row.replace(`'${enforced}'`, `'${other}'`));
    const moved = row.includes("'decided'") ? row.replace("'decided'", "'could_not_decide'") : undefined;
    mutate(
      `basis of ${row.trim()}`,
      row,
      moved ?? row.replace(/'(could_not_decide|ungoverned)'/, "'decided'"),
    );
    const words = row.match(/'\w+'/g) ?? [];
    for (const [name, at] of [
      ['word', 1],
      ['reason', 3],
      ['observed word', 5],
    ] as const) {
      const changed = words.map((word, i) => (i === at ? "'another'" : word)).join(', ');
      mutate(`another ${name} in ${row.trim()}`, row, `    [${changed}],`);
    }
  }
  mutate('an unknown word allows', "'',\n    'deny'", "'',\n    'allow'");
  mutate('observe fails closed', 'if (failsOpen(posture))', 'if (false)');
  mutate('enforce fails open', 'if (failsOpen(posture))', 'if (true)');
  mutate('disabled decides', "if (posture === 'disabled')", 'if (false)');
  mutate('a list is an answer', '|| Array.isArray(answer)', '');
  mutate('no trimming', '.trim()', '');
  mutate('no lower case', '.toLowerCase()', '');
  mutate('a text or null is an answer', "typeof answer !== 'object' || answer === null || ", '');
  mutate('a row of another kind counts', 'row[0] === kind && ', '');
  mutate('a word that begins like one counts', 'row[1] === word', 'row[1].startsWith(word)');
  mutate('a redaction needs no rules', 'if (read.rules)', 'if (true)');
  mutate('rules may be anything', 'Array.isArray(rules)', 'rules');
  mutate('a wait needs no approval id', 'if (read.approvalId)', 'if (true)');
  mutate('an approval id may be anything', "typeof approvalId === 'string' && ", '');
  mutate(
    'a decision may be a list',
    "typeof decision === 'string' ? wordOf(kind, decision) : ''",
    'wordOf(kind, String(decision))',
  );
  mutate(
    'a hostile answer allows',
    "{ kind: 'failure', word: 'malformed_answer', message: 'the answer cannot be read' }",
    "{ kind: 'query', word: 'allow', message: '' }",
  );
  mutate('a failure without rules allows', "posture, 'redaction_failed'", "posture, 'allow'");
  mutate('approvals are lenient', "kind === 'query' ?", "kind !== 'failure' ?");

  const place = await mkdtemp(join(tmpdir(), 'aegis-mutants-'));
  t.teardown(() => rm(place, { recursive: true }));
  await mkdir(join(place, 'governance'));
  await writeFile(join(place, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(place, 'governance', 'posture.js'),
    await readFile(join(folder, 'posture.js'), 'utf8'),
  );
  await writeFile(join(place, 'errors.js'), await readFile(join(folder, '..', 'errors.js'), 'utf8'));
  for (const [i, { what, text }] of mutants.entries()) {
    const file = join(place, 'governance', `mutant-${i}.js`);
    await writeFile(file, text);
    const mutant = (await import(pathToFileURL(file).href)) as { resolveVerdict: typeof resolveVerdict };
    let mistake: string | undefined;
    try {
      mistake = firstMistake(mutant.resolveVerdict);
    } catch (error) {
      mistake = String(error);
    }
    t.ok(mistake, `caught: ${what}`);
  }
});
