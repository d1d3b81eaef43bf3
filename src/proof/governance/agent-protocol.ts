import type { AgentIdentity, GovernanceRecord, GovernanceState, Posture } from '../../governance/index.js';

/** How the governed program is set up: by data, since it is a process of its own. */
export interface AgentSetup {
  readonly posture: Posture;
  readonly socketPath: string;
  readonly agent: AgentIdentity;
  /** `assembly` registers or fails; `governance` builds whatever interceptor the machine allows. */
  readonly by: 'assembly' | 'governance';
  readonly queryTimeoutMs: number;
  readonly approvalTimeoutMs: number;
  readonly approval: 'runtime' | 'none' | 'grants' | 'denies' | 'hangs' | 'throws' | 'pends';
  readonly sink: 'keeps' | 'throws' | 'hangs' | 'rejects';
  /** Replaces the question itself by one that throws. */
  readonly queryThrows?: boolean;
}

export type AgentCommand =
  | { readonly do: 'start'; readonly setup: AgentSetup }
  | {
      readonly do: 'call';
      readonly tool: string;
      readonly args: unknown;
      /** The file the tool's body writes: the effect by which a cell is judged. */
      readonly marker: string;
      /** Another call made at the same moment; it is expected to be allowed. */
      readonly beside?: { readonly tool: string; readonly marker: string };
      /** Puts something into the arguments that JSON cannot say. */
      readonly spoil?: boolean;
    }
  /** The tool's body alone, with nobody asked: the control. */
  | { readonly do: 'bare'; readonly marker: string }
  | { readonly do: 'stop' };

/** What the program tells after each command. */
export interface AgentReply {
  readonly ok: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  readonly state?: GovernanceState;
  readonly registered?: boolean;
  readonly records?: readonly GovernanceRecord[];
  readonly warnings?: readonly string[];
  /** The arguments the tool's body got. */
  readonly ran?: unknown;
}
