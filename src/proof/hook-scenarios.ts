import type { EndEvent, FailurePolicy, HookKind, HookSpec } from '../hooks/index.js';
import { holdRun, type RunClaim } from './hook-claims.js';
import { HookProject, type Interruption } from './hook-project.js';
import { Disproof, type Scenario } from './kit.js';

/** A hook of an illegal kind and policy, hung on an invocation that really ends the way the hook observes. */
export interface ForgedHook {
  readonly name: string;
  readonly claim: string;
  readonly kind: Exclude<HookKind, 'before_invocation'>;
  readonly policies: readonly string[];
  readonly reason: string;
  /** What is invoked, and how that ends without any hook. */
  readonly command: readonly string[];
  readonly interrupt?: Interruption;
  readonly end: EndEvent;
}

/**
 * Forges a hook in memory and drives a real invocation through the real dispatcher. Controls: without hooks the
 * invocation ends as claimed, and the same hook declared open does run.
 */
export function forgedHookScenario(forged: ForgedHook): Scenario {
  const { kind, command, end } = forged;
  const spec = (name: string, policy: string): HookSpec => ({
    name,
    kind,
    entrypoint: ['mark', name],
    failurePolicy: policy as FailurePolicy,
    timeoutSeconds: 5,
    permissions: [],
    env: [],
  });
  const options = forged.interrupt ? { interrupt: forged.interrupt } : {};
  const { type, ...endFields } = end;
  return {
    name: forged.name,
    claim: forged.claim,
    anywhere: true,
    requirements: () => Promise.resolve([]),
    async run(bench) {
      const project = await HookProject.make(bench);
      await bench.point(
        `control: without hooks it ends with ${type} and exit code ${end.exit_code}`,
        async () =>
          holdRun(project, await project.forged([], command, options), {
            exitCode: end.exit_code,
            events: ['invocation.started', type],
            fields: { [type]: endFields },
          }),
      );
      await project.reset();
      await bench.point('control: the same hook, declared fail_open, runs', async () =>
        holdRun(project, await project.forged([spec('open', 'fail_open')], command, options), {
          exitCode: end.exit_code,
          events: ['invocation.started', type, 'hook.invoked', 'hook.completed'],
          markers: ['open'],
        }),
      );
      for (const policy of forged.policies) {
        await project.reset();
        const specs = [spec('forged', policy), spec('open', 'fail_open')];
        await bench.point(
          `the ${kind} hook, forged as "${policy}", never starts and changes nothing`,
          async () =>
            holdRun(project, await project.forged(specs, command, options), {
              exitCode: end.exit_code,
              events: ['invocation.started', type, 'hook.blocked', 'hook.invoked', 'hook.completed'],
              fields: {
                [type]: endFields,
                'hook.blocked': {
                  hook_index: 0,
                  hook_name: 'forged',
                  hook_kind: kind,
                  failure_policy: policy,
                  reason: forged.reason,
                },
                'hook.invoked': { hook_name: 'open' },
              },
              markers: ['open'],
              noMarkers: ['forged'],
            }),
        );
      }
      await bench.point('a manifest cannot declare it: the loader names the place', async () => {
        await project.declare([{ name: 'forged', kind, entrypoint: ['mark'], failurePolicy: 'fail_closed' }]);
        const { exitCode, stderr } = await project.aegis(['hooks', 'check']);
        if (exitCode !== 2 || !stderr.includes('/hooks/0/failurePolicy'))
          throw new Disproof('the manifest was not refused with /hooks/0/failurePolicy', {
            exitCode,
            stderr,
          });
        return { exit_code: exitCode, stderr };
      });
    },
  };
}

/** One row of the dispatch table. */
export interface DispatchRow extends RunClaim {
  readonly what: string;
  readonly hooks: readonly Readonly<Record<string, unknown>>[];
  /** Arguments of `aegis hooks run`. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly interrupt?: Interruption;
}

/** Rows of the dispatch table, each run through the shipped program under a trusted manifest. */
export function dispatchScenario(name: string, claim: string, rows: readonly DispatchRow[]): Scenario {
  return {
    name,
    claim,
    anywhere: true,
    requirements: () => Promise.resolve([]),
    async run(bench) {
      const project = await HookProject.make(bench);
      await bench.point('control: without hooks the program runs an act and tells how it ended', async () =>
        holdRun(project, await project.aegis(['hooks', 'run', '--', 'sh', '-c', ': > marker-act; exit 7']), {
          exitCode: 7,
          events: ['invocation.started', 'invocation.failed'],
          markers: ['act'],
        }),
      );
      for (const row of rows) {
        await project.reset();
        await bench.point(row.what, async () => {
          await project.declare(row.hooks);
          await project.trust();
          const run = await project.aegis(['hooks', 'run', ...row.args], {
            ...(row.env ? { env: row.env } : {}),
            ...(row.interrupt ? { interrupt: row.interrupt } : {}),
          });
          return await holdRun(project, run, row);
        });
      }
    },
  };
}
