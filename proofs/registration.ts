import { defineProof, registrationScenarios } from '../src/proof/index.js';

export default defineProof({
  name: 'registration',
  claim:
    'An agent is governed exactly while the runtime knows it, and starts under enforce only when it does.',
  scenarios: registrationScenarios(),
});
