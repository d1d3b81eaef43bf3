import { access, constants } from 'node:fs/promises';
import { knownOutcomes, postures, type Posture } from '../../governance/index.js';
import { loadNative } from '../../native.js';
import type { Requirement } from '../../posture/requirement.js';
import { Disproof, type Bench, type Observation, type Scenario } from '../kit.js';
import type { AgentReply } from './agent-protocol.js';
import { AgentProcess } from './agent-process.js';
import type { Expected, Fault } from './fault.js';
import { answerFaults } from './faults-answer.js';
import { approvalFaults } from './faults-approval.js';
import { daemonFaults } from './faults-daemon.js';
import { decisionFaults } from './faults-decision.js';
import { runtimeBinary } from './runtime-process.js';
import { Stage } from './stage.js';

/** The rows of the matrix. */
export const faults: readonly Fault[] = [
  ...approvalFaults,
  ...daemonFaults,
  ...answerFaults,
  ...decisionFaults,
];

/** One scenario a fault, one test point a posture. */
export function failClosedScenarios(): readonly Scenario[] {
  return [
    ...faults.map((fault): Scenario => ({
      name: fault.name,
      anywhere: true,
      claim: fault.claim,
      requirements: () => requirements(fault.needsRoot === true),
      run: (bench) => playFault(bench, fault),
    })),
    completeness,
  ];
}

export async function requirements(needsRoot: boolean): Promise<readonly Requirement[]> {
  const native = loadNative();
  const hasRuntime = await access(runtimeBinary, constants.X_OK).then(
    () => true,
    () => false,
  );
  return [
    requirement(
      'the native extension',
      native.state === 'present',
      native.state === 'missing' ? native.reason : '',
    ),
    requirement('the runtime authority', hasRuntime, `${runtimeBinary} is not there`),
    ...(needsRoot
      ? [
          requirement(
            'root',
            process.geteuid?.() === 0,
            'a process of another user has to be started',
            'Run it as root.',
          ),
        ]
      : []),
  ];
}

function requirement(
  name: string,
  met: boolean,
  reason: string,
  wayOut = 'Build it with `make -C native`.',
): Requirement {
  return met ? { name, met } : { name, met, reason, wayOut };
}

async function playFault(bench: Bench, fault: Fault): Promise<void> {
  const agent = AgentProcess.start();
  bench.onCleanUp('the governed agent', () => agent.end());
  await bench.point('control: ungoverned, the tool runs', () => playControl(agent));
  for (const posture of postures)
    await bench.point(cellName(fault, posture), () => playCell(agent, fault, posture));
}

/** The marker has teeth: the same program's tool body writes it when nobody is asked. */
export async function playControl(agent: AgentProcess): Promise<Observation> {
  const stage = await Stage.set('disabled', agent);
  try {
    const before = await stage.hasMarker();
    await stage.ask({ do: 'bare', marker: stage.marker });
    const ran = await stage.hasMarker();
    if (before || !ran)
      throw new Disproof('the tool leaves no marker when nothing is in its way', { before, ran });
    return { ran };
  } finally {
    await stage.clear();
  }
}

function expectation(fault: Fault, posture: Posture): Expected {
  switch (posture) {
    case 'enforce':
    case 'unset':
      return fault.enforced;
    case 'observe':
      return { ran: true, ...fault.observed };
    case 'disabled':
      return { ran: true, reason: 'disabled', basis: 'off' };
  }
}

/** The test point of a cell. */
export function cellName(fault: Fault, posture: Posture): string {
  const { ran, reason } = expectation(fault, posture);
  return `${posture}: ${ran ? 'runs' : 'does not run'} (${reason})`;
}

/** One cell. The marker file decides; the record has to tell the same story. */
async function playCell(agent: AgentProcess, fault: Fault, posture: Posture): Promise<Observation> {
  const expected = expectation(fault, posture);
  const stage = await Stage.set(posture, agent);
  try {
    const reply = await fault.play(stage);
    const observed = { ran: await stage.hasMarker(), ...lastRecord(reply), reply };
    const is = (holds: boolean, otherwise: string) => {
      if (!holds) throw new Disproof(otherwise, observed);
    };
    is(observed.ran === expected.ran, observed.ran ? 'the tool ran' : 'the tool did not run');
    is(reply.ok === expected.ran, 'the caller was told another story than the effect tells');
    is(observed.reason === expected.reason, `the reason is ${observed.reason}, not ${expected.reason}`);
    is(observed.basis === expected.basis, `the basis is ${observed.basis}, not ${expected.basis}`);
    return { ran: observed.ran, reason: observed.reason, basis: observed.basis };
  } finally {
    await stage.clear();
  }
}

function lastRecord(reply: AgentReply): { reason: string; basis: string } {
  const { reason = 'no record', basis = 'no record' } = reply.records?.at(-1) ?? {};
  return { reason, basis };
}

/** A posture, an outcome or a row that is added without a cell is found here. */
const completeness: Scenario = {
  name: 'matrix-is-complete',
  claim: 'Every word of the verdict table and every posture has its cell.',
  anywhere: true,
  requirements: () => Promise.resolve([]),
  run: async (bench) => {
    await bench.point('every word of the verdict table is played by a fault', () => {
      const played = new Set(faults.flatMap(({ covers }) => covers));
      const known = knownOutcomes.map(({ kind, word }) => `${kind}:${word}`);
      const missing = known.filter((word) => !played.has(word));
      const stray = [...played].filter((word) => !known.includes(word));
      if (missing.length + stray.length > 0)
        throw new Disproof('the matrix and the table differ', { missing, stray });
      return Promise.resolve({ words: known.length, faults: faults.length });
    });
    await bench.point('no two faults share a name', () => {
      const names = faults.map(({ name }) => name);
      if (new Set(names).size < names.length) throw new Disproof('a name stands twice', { names });
      return Promise.resolve({ cells: names.length * postures.length });
    });
  },
};
