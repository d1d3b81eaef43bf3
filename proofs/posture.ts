import { defineProof, postureScenarios } from '../src/proof/index.js';

export default defineProof({
  name: 'posture',
  claim: 'The agent claims what a probe feels, whatever the machine lacks: no more, and no less.',
  scenarios: postureScenarios(),
});
