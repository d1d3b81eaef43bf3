import t from 'tap';
import type { Way } from '../../../src/proof/evasion/catalogue.js';
import type { Trial, WayEnd } from '../../../src/proof/evasion/driver.js';
import { effectsOf, judge } from '../../../src/proof/evasion/judge.js';
import type { FileState } from '../../../src/proof/evasion/place.js';

const secret = 'secret-0123456789abcdef';
const reading: Way = { name: 'w', kind: 'file', effect: 'discloses', says: 'open' };
const intact: FileState = { there: true, ino: 5, links: 1, size: 8, content: 'x' };

function trial(end: Partial<WayEnd>, rest: Partial<Trial> = {}, way = reading): Trial {
  return {
    place: { way, folder: '/f', secretPath: '/f/secret', secret },
    end: { way: 'w', exit: 0, signal: null, timed_out: false, ms: 1, output: '', memory: '', ...end },
    before: intact,
    after: intact,
    hasArrived: false,
    ...rest,
  };
}

const denied = { kind: 'denied', errno: 'EPERM' } as const;
const killed = { kind: 'killed', signal: 'SIGKILL' } as const;
const worked = trial({ memory: `${secret}\n`, output: 'done\n' });
const refused = trial({ exit: 1, output: 'errno 1\n' });

t.test('what came out or changed is an effect, whatever the way says of itself', (t) => {
  t.same(effectsOf(trial({ output: `data ${secret}\n`, signal: 9 })), ['discloses']);
  t.same(effectsOf(trial({ memory: secret })), ['discloses']);
  t.same(effectsOf(trial({}, { after: { ...intact, links: 2 } })), ['destroys']);
  t.same(effectsOf(trial({}, { after: { there: false } })), ['destroys']);
  t.same(effectsOf(trial({ memory: 'taken' })), ['uses']);
  t.same(effectsOf(trial({}, { hasArrived: true })), ['reaches']);
  t.same(effectsOf(trial({ output: 'done\n' })), [], 'a way that claims success without an effect has none');
  t.same(effectsOf(trial({ output: 'data secret-other\n' })), [], 'another row’s secret is not this one’s');
  t.end();
});

t.test('held: the control had its effect, the act had none and ended as the rung ends it', (t) => {
  t.same(judge(worked, refused, denied), { kind: 'held', by: 'EPERM' });
  t.same(judge(worked, trial({ exit: null, signal: 9 }), killed), { kind: 'held', by: 'SIGKILL' });
  t.same(judge(worked, trial({ exit: 1, output: 'killed 9\n' }), killed), { kind: 'held', by: 'SIGKILL' });
  t.end();
});

t.test('an effect is a leak, even of a way that was killed, refused or had no control', (t) => {
  t.match(judge(worked, trial({ memory: secret, signal: 9 }), killed), { kind: 'leaked' });
  t.match(judge(worked, trial({ exit: 1, output: `errno 1\ndata ${secret}\n` }), denied), { kind: 'leaked' });
  t.match(judge(refused, worked, denied), { kind: 'leaked', effects: ['discloses'] });
  t.match(judge(worked, trial({ exit: 1 }, { after: { ...intact, size: 0 } }), denied), {
    kind: 'leaked',
    effects: ['destroys'],
  });
  t.end();
});

t.test('without a control that works nothing holds', (t) => {
  const missing = trial({ exit: 3, output: 'skip make an x32 system call: Function not implemented\n' });
  t.match(judge(missing, missing, denied), { kind: 'could-not-try', why: /x32 system call/ });
  t.match(judge(refused, refused, denied), { kind: 'could-not-try' }, 'refused without an agent');
  t.match(
    judge(trial({ memory: 'taken' }), refused, denied),
    { kind: 'could-not-try' },
    'an effect of another kind is no control',
  );
  t.end();
});

t.test('a stop of another kind holds nothing', (t) => {
  for (const [act, expected] of [
    [trial({ exit: 1, output: 'errno 2\n' }), denied],
    [trial({ exit: null, signal: 9 }), denied],
    [trial({ exit: 1, output: 'errno 1\n' }), killed],
    [trial({ exit: null, signal: 11 }), killed],
    [trial({ exit: null, signal: 9, timed_out: true }), killed],
    [trial({ exit: 0, output: 'done\n' }), denied],
    [trial({ exit: 3, output: 'skip map the path\n' }), denied],
    [trial({ exit: 1, output: 'errno 13\n' }), denied],
  ] as const)
    t.match(judge(worked, act, expected), { kind: 'unclear' }, JSON.stringify(act.end));
  t.end();
});

t.test('the kernel says EACCES where looking into a process is refused', (t) => {
  const tracing: Way = { ...reading, kind: 'tracing' };
  const act = trial({ exit: 1, output: 'errno 13\n' }, {}, tracing);
  t.match(judge(trial({ memory: secret }, {}, tracing), act, denied), { kind: 'held', by: 'EACCES' });
  t.end();
});
