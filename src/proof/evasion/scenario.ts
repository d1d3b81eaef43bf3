import { join } from 'node:path';
import { release } from 'node:os';
import { Sandbox } from '../../sandbox/sandbox.js';
import { AgentUnderTest } from '../agent-under-test.js';
import { demandClaim } from '../claims.js';
import { Disproof, NotTried, type Bench, type Observation, type Scenario } from '../kit.js';
import { enforcementRequirements } from '../requirements.js';
import { rungs, type Rung } from '../rungs.js';
import { readCatalogue, type Way } from './catalogue.js';
import { Driver, type Trial } from './driver.js';
import { gapOf } from './gaps.js';
import { effectsOf, judge, tellEnd } from './judge.js';
import { makePlaces, type Place } from './place.js';

/** Every way of the catalogue against every rung, each rung on a kernel on which it is the one to stand on. */
export function evasionScenarios(): readonly Scenario[] {
  return rungs.map((rung) => ({
    name: rung.name,
    claim: `No way of the catalogue gets round the ${rung.name} rung, but for the gaps that are named.`,
    boot: { bpfLsm: rung.bpfLsm },
    requirements: () => enforcementRequirements(rung.bpfLsm ? 'bpf' : 'no-bpf'),
    run: (bench) => tryEveryWay(bench, rung),
  }));
}

async function tryEveryWay(bench: Bench, rung: Rung): Promise<void> {
  const ways = await readCatalogue();
  const sandbox = await Sandbox.create();
  bench.onCleanUp('remove the sandbox', () => sandbox.remove());
  const acts = makePlaces(join(sandbox.folder, 'act'), ways);
  const agent = await AgentUnderTest.prepare(bench, sandbox, {
    policy: `version=1\n[deny_path]\n${acts.map(({ secretPath }) => `${secretPath}\n`).join('')}`,
    flags: [...rung.flags, '--on-stop=detach'],
  });

  let controls: readonly Trial[] = [];
  await bench.point('control: without the agent the ways have their effects', async () => {
    const driver = await Driver.prepare(
      bench,
      sandbox,
      'inside',
      makePlaces(join(sandbox.folder, 'control'), ways),
    );
    controls = await driver.tryAll();
    return demandTeeth(controls);
  });
  const driver = await Driver.prepare(bench, sandbox, 'inside', acts);
  await bench.point('the policy is applied', () => agent.applyPolicy());
  await bench.point('the agent becomes ready', () => agent.start());
  await bench.point(`the report claims ${rung.posture.state}`, async () =>
    demandClaim(await agent.report(), rung.posture, agent.seams),
  );

  const trials = await driver.tryAll();
  for (const [i, act] of trials.entries()) {
    const control = controls[i];
    if (!control) continue;
    await bench.row(act.place.way.name, () => Promise.resolve().then(() => judgeRow(control, act, rung)));
  }

  await bench.point('bystander: outside the scope the secret is read', () =>
    readsFreely(bench, sandbox, 'outside', acts),
  );
  await bench.point('bystander: inside the scope an innocent file is read', () =>
    readsFreely(bench, sandbox, 'inside', makePlaces(join(sandbox.folder, 'innocent'), plainRead(ways))),
  );
  await bench.point('after: the same agent still claims the same', async () => {
    const pid = await agent.runningPid();
    return { pid, ...demandClaim(await agent.report(), rung.posture, agent.seams) };
  });
  await bench.point('after: the agent stops as asked', () => agent.stop());
}

/** Most ways work on any kernel; should most have no teeth, something else is wrong, and all rows would be skips. */
function demandTeeth(controls: readonly Trial[]): Observation {
  const toothless = controls.filter((control) => !effectsOf(control).includes(control.place.way.effect));
  const observed = {
    ways: controls.length,
    without_effect: toothless.map((control) => `${control.place.way.name}: ${tellEnd(control)}`),
  };
  if (toothless.length * 4 > controls.length)
    throw new Error(`most ways have no effect even without the agent: ${observed.without_effect.join('; ')}`);
  return observed;
}

/** One row of the table: what became of a way on this rung. */
function judgeRow(control: Trial, act: Trial, rung: Rung): Observation {
  const { way } = act.place;
  const result = judge(control, act, rung.end);
  const gap = gapOf(way.name, rung.name, release())?.gap;
  const observed = {
    rung: rung.name,
    way: way.name,
    result: result.kind,
    ...(gap === undefined ? {} : { gap }),
    ...('by' in result ? { by: result.by } : {}),
    ...('effects' in result ? { effects: result.effects } : {}),
  };
  switch (result.kind) {
    case 'could-not-try':
      throw new NotTried(result.why, observed);
    case 'unclear':
      throw new Error(`${way.says} was neither stopped nor successful: ${result.why}`);
    case 'leaked':
      if (gap === undefined)
        throw new Disproof(`${way.says} gets round it (${result.effects.join(', ')})`, observed);
      return observed;
    case 'held':
      if (gap !== undefined)
        throw new Disproof(`${way.says} does not get round it, yet the gap ${gap} names it`, observed);
      return observed;
  }
}

function plainRead(ways: readonly Way[]): readonly Way[] {
  return ways.filter(({ name }) => name === 'openat');
}

/** The plainest way has its effect: nobody is stopped who should not be. */
async function readsFreely(
  bench: Bench,
  sandbox: Sandbox,
  side: 'inside' | 'outside',
  places: readonly Place[],
): Promise<Observation> {
  const plain = places.filter(({ way }) => plainRead([way]).length > 0);
  const [trial] = await (await Driver.prepare(bench, sandbox, side, plain)).tryAll();
  if (!trial) throw new Error('the catalogue has no plain read');
  const observed = { effects: effectsOf(trial) };
  if (!observed.effects.includes('discloses'))
    throw new Disproof(`reading it was hindered: ${tellEnd(trial)}`, observed);
  return observed;
}
