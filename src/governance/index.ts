/**
 * The pre-execution check as a library: an agent registers with the runtime authority, and every tool call is asked
 * about before it is made. Under enforce nothing but an answer that allows lets a call through.
 */
export { initAssembly, type Assembly, type AssemblyOptions } from './assembly.js';
export {
  createGovernance,
  type Governance,
  type GovernanceOptions,
  type GovernanceState,
} from './create-interceptor.js';
export type { AgentIdentity } from './identity.js';
export { Interceptor, type ApprovalHandler, type ApprovalRequest, type Decided } from './interceptor.js';
export { postures, readPosture, type EnforcementMode, type Posture } from './posture.js';
export { ToolDenied, type GovernanceRecord, type RecordSink } from './record.js';
export {
  knownOutcomes,
  resolveVerdict,
  type Action,
  type Basis,
  type Outcome,
  type Verdict,
} from './verdict.js';
export { governFunction } from './adapters/function.js';
export { governMcpServer } from './adapters/mcp.js';
export { governAiTools } from './adapters/ai-sdk.js';
export { governLangChainTool } from './adapters/langchain.js';
