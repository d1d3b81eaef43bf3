import { agentDeathScenarios, agentTamperingScenarios, defineProof } from '../src/proof/index.js';

export default defineProof({
  name: 'agent-death',
  claim: 'Whatever is done to the daemon, what it denied stays denied, or its report says that it does not.',
  scenarios: [...agentDeathScenarios(), ...agentTamperingScenarios()],
});
