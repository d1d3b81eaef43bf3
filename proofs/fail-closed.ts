import { defineProof, failClosedScenarios, oneDaemonScenarios, restartGap } from '../src/proof/index.js';

export default defineProof({
  name: 'fail-closed',
  claim: 'No tool runs under enforce unless somebody who could be asked allowed exactly this call.',
  scenarios: [...failClosedScenarios(), restartGap, ...oneDaemonScenarios()],
});
