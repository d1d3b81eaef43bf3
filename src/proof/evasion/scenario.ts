import { release } from 'node:os';
import { join } from 'node:path';
import { Sandbox, type Side } from '../../sandbox/sandbox.js';
import { AgentUnderTest } from '../agent-under-test.js';
import { demand, demandClaim } from '../claims.js';
import { Disproof, NotTried, type Bench, type Observation, type Scenario } from '../kit.js';
import { enforcementRequirements } from '../requirements.js';
import { rungs, type Rung } from '../rungs.js';
import { readCatalogue, type Kind, type Way } from './catalogue.js';
import { Driver, type Trial } from './driver.js';
import { gapOf, gapsOf } from './gaps.js';
import { findModule, furnish, groups, policyAgainst, type Group } from './groups.js';
import { effectsOf, judge, stopOf, tellEnd } from './judge.js';
import { Listener } from './listener.js';
import { reuseNumber } from './reused-number.js';
import { makePlaces, type Place } from './place.js';

/** Every way of the catalogue against every rung, each rung on a kernel on which it is the one to stand on. */
export function evasionScenarios(): readonly Scenario[] {
  return rungs.flatMap((rung) =>
    groups.map((group) => ({
      name: `${group.name}-${rung.name}`,
      claim: `No way to a denied ${group.kinds.join(', ')} gets round the ${rung.name} rung, but for the gaps that are named.`,
      boot: { bpfLsm: rung.bpfLsm },
      requirements: () => enforcementRequirements(rung.bpfLsm ? 'bpf' : 'no-bpf'),
      run: (bench) => tryEveryWay(bench, rung, group),
    })),
  );
}

async function tryEveryWay(bench: Bench, rung: Rung, group: Group): Promise<void> {
  const ways = (await readCatalogue()).filter(({ kind }) => group.kinds.includes(kind));
  const modulePath = group.kinds.includes('modules') ? await findModule() : undefined;
  const sandbox = await Sandbox.create();
  bench.onCleanUp('remove the sandbox', () => sandbox.remove());
  const furnished = async (name: string, chosen: readonly Way[] = ways) => {
    const listener = await Listener.open();
    bench.onCleanUp('close the listener', () => Promise.resolve(listener.close()));
    const surroundings = { listener, modulePath };
    const places = makePlaces(join(sandbox.folder, name), chosen);
    for (const place of places) furnish(place, surroundings);
    return { places, surroundings };
  };
  const acts = await furnished('act');
  const agent = await AgentUnderTest.prepare(bench, sandbox, {
    policy: policyAgainst(acts.places, acts.surroundings),
    flags: [...rung.flags, '--on-stop=detach'],
  });
  const tryFreely = async (side: Side, { places, surroundings }: Awaited<ReturnType<typeof furnished>>) =>
    await (await Driver.prepare(bench, sandbox, side, places)).tryAll(surroundings.listener);

  let controls: readonly Trial[] = [];
  await bench.point('control: without the agent the ways have their effects', async () =>
    demandTeeth((controls = await tryFreely('inside', await furnished('control')))),
  );
  const driver = await Driver.prepare(bench, sandbox, 'inside', acts.places);
  await bench.point('the policy is applied', () => agent.applyPolicy());
  await bench.point('the agent becomes ready', () => agent.start());
  await bench.point(`the report claims ${rung.posture.state}`, async () =>
    demandClaim(await agent.report(), rung.posture, agent.seams),
  );

  await bench.point('the report names the gaps of this rung, all of them and no other', async () => {
    const { known_gaps, preemption_safeguard } = await agent.report();
    const observed = { known_gaps: [...known_gaps].sort() };
    const safeguard = preemption_safeguard ?? 'not_needed';
    demand(
      'the report names other gaps',
      { known_gaps: gapsOf(rung.name, group.kinds, safeguard) },
      observed,
    );
    return { ...observed, safeguard };
  });

  const trials = await driver.tryAll(acts.surroundings.listener);
  for (const [i, act] of trials.entries()) {
    const control = controls[i];
    if (!control) continue;
    await bench.row(act.place.way.name, () => Promise.resolve().then(() => judgeRow(control, act, rung)));
  }

  // One way of each kind stands for all: nobody is stopped who should not be.
  const plain = (places: readonly Place[]) => places.filter(({ way }) => plainest[way.kind] === way.name);
  await bench.point('bystander: outside the scope all is as without the agent', async () => {
    const { places, surroundings } = acts;
    return demandEffects(await tryFreely('outside', { places: plain(places), surroundings }));
  });
  await bench.point('bystander: inside the scope what is not denied is let through', async () => {
    const innocent = await furnished('innocent', ways.filter(isDeniedByName));
    return demandEffects(await tryFreely('inside', { ...innocent, places: plain(innocent.places) }));
  });
  if (group.name === 'file' && rung.end.kind === 'denied')
    await bench.row('bystander: a new file with the number of a removed one is let through', async () => {
      const places = plain(acts.places).map(reuseNumber);
      return demandEffects(await tryFreely('inside', { ...acts, places }));
    });
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
  const gap = gapOf(way.name, rung.name, release());
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

/** The plainest way of each kind. */
const plainest: Readonly<Record<Kind, string>> = {
  file: 'openat',
  program: 'run-by-name',
  address: 'connect',
  tracing: 'ptrace-attach',
  modules: 'finit-module',
};

/** Tracing and modules are denied whole, so that there is nothing of them that is not. */
function isDeniedByName({ kind }: Way): boolean {
  return kind === 'file' || kind === 'program' || kind === 'address';
}

/** Each of these ways has its effect, or could not have had it at all. */
function demandEffects(trials: readonly Trial[]): Observation {
  const observed = Object.fromEntries(
    trials.map((trial) => [trial.place.way.name, { effects: effectsOf(trial), end: tellEnd(trial) }]),
  );
  const hindered = trials.filter((trial) => {
    const stop = stopOf(trial);
    return stop === 'EPERM' || stop === 'SIGKILL' || stop === 'SIGTERM';
  });
  if (trials.length === 0 || hindered.length > 0)
    throw new Disproof(`hindered: ${hindered.map(({ place }) => place.way.says).join(', ')}`, observed);
  if (!trials.some((trial) => effectsOf(trial).includes(trial.place.way.effect)))
    throw new Error('none of the plain ways has its effect');
  return observed;
}
