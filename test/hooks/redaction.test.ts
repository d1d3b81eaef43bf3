import t from 'tap';
import { Redactor } from '../../src/hooks/redaction.js';

const secret = 'Zq7xV2mK9pL4';

/** Every spelling in which the secret must not come through. */
const spellings: readonly (readonly string[])[] = [
  ['--token', secret],
  [`--token=${secret}`],
  [`--token:${secret}`],
  ['--TOKEN', secret],
  ['--api-key', secret],
  ['--apiKey', secret],
  [`--api_key=${secret}`],
  ['--github-token', secret],
  ['--client-secret', secret],
  ['--db-password', secret],
  ['--passphrase', secret],
  [`-t${secret}`],
  ['-t', secret],
  [`-t=${secret}`],
  [`-p${secret}`],
  ['-password', secret],
  ['-u', `bob:${secret}`],
  [`-ubob:${secret}`],
  ['--user', `bob:${secret}`],
  [`--user=bob:${secret}`],
  [`--proxy-user=bob:${secret}`],
  ['-H', `Authorization: Bearer ${secret}`],
  ['-H', `authorization:Bearer ${secret}`],
  ['-H', `Authorization: token ${secret}`],
  [`-HAuthorization: Basic ${secret}`],
  [`--header=X-Api-Key: ${secret}`],
  ['--header', `Cookie: a=b; sid=${secret}`],
  ['--header', `Proxy-Authorization: Digest ${secret}`],
  [`Bearer ${secret}`],
  [`https://bob:${secret}@example.com/x`],
  [`https://${secret}@example.com/x`],
  [`postgres://bob:${secret}@db:5432/x?sslmode=require`],
  [`https://example.com/?a=1&access_token=${secret}&b=2`],
  [`https://example.com/?sig=${secret}`],
  [`DB_PASSWORD=${secret}`],
  [`-eDB_PASSWORD=${secret}`],
  ['--env', `GITHUB_TOKEN=${secret}`],
  ['--set', `auth.password="${secret}"`],
  [`{"user":"bob","password":"${secret}"}`],
  [`{'apiKey': '${secret}'}`],
  ['--', 'curl', '--token', secret],
  [secret, '--token', secret],
  [`x-${secret}-y`, `--token=${secret}`],
];

for (const argv of spellings)
  t.test(`nothing is left of ${JSON.stringify(argv).replaceAll(secret, 'SECRET')}`, async (t) => {
    const redactor = new Redactor(argv);
    t.equal(redactor.argv.length, argv.length, 'position by position');
    t.notMatch(JSON.stringify(redactor.argv), secret);
    t.match(JSON.stringify(redactor.argv), '[redacted]');
  });

/** Shapes of well-known keys; none of them is a key. */
const shapes = [
  ...['AKIA', 'ASIA', 'AGPA', 'AIDA', 'AROA', 'ANPA'].map((prefix) => `${prefix}ABCDEFGHIJKLMNOP`),
  ...['ghp', 'gho', 'ghu', 'ghs', 'ghr'].map((prefix) => `${prefix}_${'a1'.repeat(18)}`),
  ...['glpat', 'gldt', 'glrt', 'glptt', 'gloas', 'glcbt'].map((prefix) => `${prefix}-${'a1'.repeat(10)}`),
  `ya29.${'a1'.repeat(12)}`,
  `rk_live_${'a1'.repeat(12)}`,
  `sk-${'a1'.repeat(20)}`,
  `pypi-${'a1'.repeat(20)}`,
  `dckr_pat_${'a1'.repeat(12)}`,
  `hvb.${'a1'.repeat(12)}`,
  `SG.${'a1'.repeat(10)}.${'a1'.repeat(20)}`,
  'hooks.slack.com/services/T00/B00/abcdef',
  `github_pat_${'a1'.repeat(30)}`,
  `xoxb-${'12'.repeat(10)}`,
  `AIza${'a1'.repeat(17)}a`,
  `sk-ant-${'a1'.repeat(20)}`,
  `sk_live_${'a1'.repeat(12)}`,
  `npm_${'a1'.repeat(18)}`,
  `hf_${'aB'.repeat(17)}`,
  `hvs.${'a1'.repeat(12)}`,
  `eyJhbGciOiJIUzI1NiJ9.${'e30'.repeat(4)}.${'c2ln'.repeat(4)}`,
  `AGE-SECRET-KEY-1${'Q'.repeat(58)}`,
  `-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n-----END OPENSSH PRIVATE KEY-----`,
  `-----BEGIN PRIVATE KEY-----\nno end`,
];
for (const shape of shapes)
  t.test(`a key is known by its shape: ${shape.slice(0, 12)}`, async (t) => {
    t.same(new Redactor([shape]).argv, ['[redacted]']);
    t.notMatch(new Redactor([]).text(`cannot log in with ${shape}: refused`), shape.slice(-8));
  });

t.test('no shape is so short that it is not looked for', async (t) => {
  for (const shape of ['xoxb-1234567890', 'a:b@c', 'sid=x', 'sig=1'])
    t.notSame(new Redactor([shape.includes('@') ? `h://${shape}` : shape]).argv, [shape], shape);
});

t.test('a secret given to a flag is taken out of later texts, too', async (t) => {
  const redactor = new Redactor(['--token', secret, 'https://bob:hunter2-x@example.com']);
  t.equal(
    redactor.text(`the server said: bad credential ${secret}`),
    'the server said: bad credential [redacted]',
  );
  t.notMatch(redactor.text('user bob used hunter2-x'), 'hunter2-x');
});

t.test('what is no secret stays readable', async (t) => {
  const plain = [
    'signal-fallback',
    '--vm',
    '6.12',
    '--bypass',
    'value',
    '--token-file',
    '/run/token',
    '--timeout=5',
    '--author',
    'bob',
    'https://example.com/a:b@c'.replace('@c', ''),
    '-v',
    'monkey=banana',
  ];
  t.same(new Redactor(plain).argv, plain);
  const text = 'cannot open /etc/passwd: EACCES';
  t.equal(new Redactor([]).text(text), text);
});

t.test('nothing secret survives being cut, and hostile texts take no time', async (t) => {
  const cut = new Redactor([`${' '.repeat(8180)}--token=${secret}`]).argv[0] ?? '';
  t.ok(cut.length < 8300);
  t.notMatch(cut, secret.slice(0, 6));
  const hostile = [
    'a-',
    'a.token',
    '"',
    'token ',
    "x='",
    '://',
    '-----BEGIN PRIVATE KEY-----',
    'eyJaaaaaa.',
    'a=',
    'key:',
  ];
  for (const part of hostile) {
    const started = performance.now();
    const { argv } = new Redactor([part.repeat(20_000)]);
    t.ok(performance.now() - started < 500, `${part} in ${Math.round(performance.now() - started)} ms`);
    t.equal(argv.length, 1);
  }
});
