import { defineProof, evasionScenarios } from '../src/proof/index.js';

export default defineProof({
  name: 'evasion',
  claim: 'What is denied is not read, changed, run or reached in any way of the catalogue.',
  scenarios: evasionScenarios(),
});
