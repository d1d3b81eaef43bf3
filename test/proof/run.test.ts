import t from 'tap';
import { Disproof, NotTried, type Bench, type ProofEvent, type Scenario } from '../../src/proof/kit.js';
import { runScenario } from '../../src/proof/run.js';

const scenario = (run: (bench: Bench) => Promise<void>, rest: Partial<Scenario> = {}): Scenario => ({
  name: 's',
  claim: 'c',
  requirements: async () => [],
  run,
  ...rest,
});

async function runOne(one: Scenario, signal = new AbortController().signal) {
  const events: ProofEvent[] = [];
  const record = await runScenario({ name: 'p', claim: 'c', scenarios: [one] }, one, {
    signal,
    stepTimeoutMs: 1000,
    keep: false,
    onEvent: (event) => events.push(event),
  });
  return { record, events };
}

t.test('points that hold prove, and every one is told as it happens', async (t) => {
  const { record, events } = await runOne(
    scenario(async (bench) => {
      await bench.point('a', async () => ({ seen: 1 }));
      await bench.point('b', async () => ({ seen: 2 }));
    }),
  );
  t.match(record, { verdict: 'proven', points: [{ name: 'a', observed: { seen: 1 } }, { name: 'b' }] });
  t.same(
    events.map((event) => event.event),
    ['scenario-started', 'point', 'point', 'scenario-ended'],
  );
});

t.test(
  'a disproof ends the scenario, keeps what was seen, and still cleans up in reverse order',
  async (t) => {
    const order: string[] = [];
    const { record } = await runOne(
      scenario(async (bench) => {
        bench.onCleanUp('first', async () => void order.push('first'));
        bench.onCleanUp('second', async () => void order.push('second'));
        await bench.point('leaks', async () => {
          throw new Disproof('the secret came out', { data: 'x' });
        });
        order.push('never');
      }),
    );
    t.match(record, {
      verdict: 'disproven',
      points: [
        { name: 'leaks', verdict: 'disproven', reason: 'the secret came out', observed: { data: 'x' } },
      ],
    });
    t.same(order, ['second', 'first']);
  },
);

t.test('what is no disproof could not be checked', async (t) => {
  const broken = await runOne(
    scenario(async (bench) => {
      await bench.point('tries', async () => {
        throw new Error('systemd-run is broken');
      });
    }),
  );
  t.match(broken.record, { verdict: 'could-not-check', points: [{ reason: 'systemd-run is broken' }] });
  const outside = await runOne(scenario(async () => Promise.reject(new Error('no folder'))));
  t.match(outside.record, { verdict: 'could-not-check', points: [{ reason: 'no folder' }] });
  t.match((await runOne(scenario(async () => {}))).record, { verdict: 'could-not-check' }, 'no point at all');
});

t.test('a failed clean-up is told, and does not keep the others from running', async (t) => {
  let ran = false;
  const { record } = await runOne(
    scenario(async (bench) => {
      bench.onCleanUp('the other', async () => void (ran = true));
      bench.onCleanUp('the broken', async () => Promise.reject(new Error('busy')));
      await bench.point('a', async () => ({}));
    }),
  );
  t.ok(ran);
  t.match(record, { verdict: 'could-not-check', points: [{}, { reason: 'the broken: busy' }] });
});

t.test('an unmet requirement skips with its reason and runs nothing', async (t) => {
  const { record } = await runOne(
    scenario(
      async () => {
        t.fail('must not run');
      },
      { requirements: async () => [{ name: 'root', met: false, reason: 'this is uid 1000' }] },
    ),
  );
  t.match(record, { verdict: 'skipped', points: [], unmet: [{ name: 'root', reason: 'this is uid 1000' }] });
});

t.test('an interruption stops before the next point and cleans up', async (t) => {
  const controller = new AbortController();
  let cleaned = false;
  const { record } = await runOne(
    scenario(async (bench) => {
      bench.onCleanUp('x', async () => void (cleaned = true));
      await bench.point('a', async () => {
        controller.abort(new Error('interrupted by SIGINT'));
        return {};
      });
      await bench.point('b', async () => t.fail('must not run') as never);
    }),
    controller.signal,
  );
  t.ok(cleaned);
  t.match(record, {
    verdict: 'could-not-check',
    points: [{ name: 'a' }, { reason: 'interrupted by SIGINT' }],
  });
});

t.test('a row that fails does not end the scenario, and decides all the same', async (t) => {
  const { record } = await runOne(
    scenario(async (bench) => {
      await bench.row('leaks', async () => {
        throw new Disproof('it came out', { result: 'leaked' });
      });
      await bench.row('holds', async () => ({ result: 'held' }));
      await bench.point('after', async () => ({}));
    }),
  );
  t.match(record, {
    verdict: 'disproven',
    points: [
      { name: 'leaks', isRow: true, verdict: 'disproven', observed: { result: 'leaked' } },
      { name: 'holds', isRow: true, verdict: 'proven' },
      { name: 'after', verdict: 'proven' },
    ],
  });
  t.equal(record.points[2]?.isRow, undefined);
});

t.test('a row that cannot be tried is a skip of its own, and all of them skip the scenario', async (t) => {
  const untried = async () => {
    throw new NotTried('this kernel has no such call', { result: 'could-not-try' });
  };
  const some = await runOne(
    scenario(async (bench) => {
      await bench.row('absent', untried);
      await bench.row('holds', async () => ({}));
    }),
  );
  t.match(some.record, {
    verdict: 'proven',
    points: [{ name: 'absent', verdict: 'skipped', reason: 'this kernel has no such call' }, {}],
  });
  const all = await runOne(scenario(async (bench) => await bench.row('absent', untried)));
  t.equal(all.record.verdict, 'skipped');
});

t.test('a row whose harness breaks could not be checked', async (t) => {
  const { record } = await runOne(
    scenario(async (bench) => {
      await bench.row('breaks', async () => {
        throw new Error('no driver');
      });
      await bench.row('holds', async () => ({}));
    }),
  );
  t.match(record, {
    verdict: 'could-not-check',
    points: [{ verdict: 'could-not-check' }, { verdict: 'proven' }],
  });
});
