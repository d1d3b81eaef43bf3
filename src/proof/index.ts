/** The proof kit: all a file in `proofs/` may import. */
export { agentDeathScenarios } from './agent-death.js';
export { agentTamperingScenarios } from './agent-tampering.js';
export { denyScenario, type DenyScenario } from './deny-scenario.js';
export { evasionScenarios } from './evasion/scenario.js';
export { oneDaemonScenarios } from './one-daemon.js';
export { failClosedScenarios } from './governance/matrix.js';
export { restartGap } from './governance/restart-gap.js';
export { registrationScenarios } from './governance/registration.js';
export { Disproof, type Bench, type Observation, type Proof, type Scenario } from './kit.js';
export { postureScenarios } from './posture-scenarios.js';
export type { Requirement } from '../posture/requirement.js';
export { defineProof } from './define.js';
export { listWithoutBpf, rungNamed, rungs, type Rung } from './rungs.js';
export { dispatchScenario, forgedHookScenario, type DispatchRow, type ForgedHook } from './hook-scenarios.js';
