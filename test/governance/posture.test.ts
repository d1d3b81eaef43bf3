import t from 'tap';
import { postures, readPosture } from '../../src/governance/index.js';

t.test('the three modes are themselves', (t) => {
  for (const mode of ['enforce', 'observe', 'disabled']) t.equal(readPosture(mode), mode);
  t.end();
});

t.test('unset enforces unless told otherwise', (t) => {
  t.equal(readPosture(undefined), 'unset');
  t.equal(readPosture(null), 'unset');
  t.equal(readPosture(undefined, 'enforce'), 'unset');
  t.equal(readPosture(undefined, 'observe'), 'observe');
  t.equal(readPosture('enforce', 'observe'), 'enforce', 'the option speaks of unset only');
  t.end();
});

t.test('any other value is a configuration error that names the four and what it got', (t) => {
  for (const mode of ['Enforce', 'enforce ', '', 'enforced', 'unset', 'true', 1, true, {}, []]) {
    t.throws(() => readPosture(mode), { code: 'CONFIG_INVALID', exitCode: 2 }, JSON.stringify(mode));
    try {
      readPosture(mode);
    } catch (error) {
      const { message, wayOut } = error as { message: string; wayOut: string };
      t.match(message, typeof mode === 'string' ? `"${mode}"` : typeof mode);
      for (const word of ['enforce', 'observe', 'disabled', 'unset']) t.match(wayOut, word);
    }
  }
  t.throws(() => readPosture(undefined, 'disabled'), { code: 'CONFIG_INVALID' });
  t.end();
});

t.test('the list of postures is complete', (t) => {
  t.same([...postures].sort(), ['disabled', 'enforce', 'observe', 'unset']);
  t.end();
});
