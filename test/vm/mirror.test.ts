import t from 'tap';
import { findMirrors, parseTargets, transportOptions } from '../../src/vm/mirror.js';

const { signal } = new AbortController();

t.test("the mirrors are those of apt's own index targets", async (t) => {
  const text = [
    'Packages|Docker||https://packages.example|https://packages.example/linux/',
    'Sources|Debian|Debian|http://a.example|http://a.example/debian/',
    'Packages|Debian|Debian-Security|http://s.example|http://s.example/debian-security/',
    'Packages|Debian|Debian|http://m.example|http://m.example/pub/debian/',
    '',
  ].join('\n');
  t.same(parseTargets(text), {
    main: 'http://m.example/pub/debian',
    security: 'http://s.example/debian-security',
  });
  t.equal(parseTargets('Packages|Ubuntu|Ubuntu|x|http://u.example/ubuntu/'), undefined);
  t.equal(parseTargets(''), undefined);
});

t.test('the environment overrides them', async (t) => {
  t.intercept(process, 'env', {
    value: {
      ...process.env,
      AEGIS_DEBIAN_MIRROR: 'http://own.example/debian/',
      AEGIS_DEBIAN_SECURITY_MIRROR: '',
    },
  });
  t.same(await findMirrors(signal), { main: 'http://own.example/debian', security: undefined });
});

t.test('proxies are handed on, other settings are not', async (t) => {
  const lines = await transportOptions(signal);
  for (const line of lines) t.match(line, /^Acquire::(https?|Retries|Check-)/);
  t.notOk(lines.some((line) => line.includes('IndexTargets')));
});
