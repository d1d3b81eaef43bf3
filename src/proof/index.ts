/** The proof kit: all a file in `proofs/` may import. */
export { denyScenario, type DenyScenario } from './deny-scenario.js';
export { enforcerKilledScenarios } from './enforcer-killed.js';
export { enforcerRestartScenarios } from './enforcer-restarts.js';
export { oneDaemonScenarios } from './one-daemon.js';
export { failClosedScenarios } from './governance/matrix.js';
export { registrationScenarios } from './governance/registration.js';
export { Disproof, type Bench, type Observation, type Proof, type Scenario } from './kit.js';
export type { Requirement } from '../posture/requirement.js';
export { defineProof } from './define.js';
export { dispatchScenario, forgedHookScenario, type DispatchRow, type ForgedHook } from './hook-scenarios.js';
