import { defineProof, dispatchScenario, forgedHookScenario } from '../src/proof/index.js';

const closed = { kind: 'before_invocation', failurePolicy: 'fail_closed', timeoutSeconds: 1 };
const open = { kind: 'before_invocation', failurePolicy: 'fail_open', timeoutSeconds: 1 };
const observing = (kind: string, ...entrypoint: string[]) => ({
  name: `${kind.replace('_', '-')}-${entrypoint.join('-')}`,
  kind,
  entrypoint,
  failurePolicy: 'fail_open',
  timeoutSeconds: 1,
});
/** One of each kind that observes, each with a marker of its own. */
const observers = [
  observing('after_invocation', 'mark', 'after'),
  observing('on_error', 'mark', 'error'),
  observing('on_cancel', 'mark', 'cancel'),
];
const touch = ['--', './mark', 'act'];

/** Each way a policy hook can fail, and whether a process really started. */
const failures = [
  { entrypoint: 'fail', reason: 'exit_nonzero', started: true },
  { entrypoint: 'die', reason: 'killed_by_signal', started: true },
  { entrypoint: 'brood', reason: 'timed_out', started: true },
  { entrypoint: 'no-interpreter', reason: 'cannot_start', started: false },
  { entrypoint: 'babble', reason: 'answer_unparseable', started: true },
  { entrypoint: 'silent', reason: 'answer_unparseable', started: true },
] as const;

/** Each way a command can end badly, and the exit code that has to come through. */
const endings = [
  { args: ['--', 'sh', '-c', 'exit 42'], exitCode: 42, cause: 'the command ended with exit code 42' },
  { args: ['--', './die'], exitCode: 137, cause: 'the command was killed by SIGKILL' },
  { args: ['--timeout', '1', '--', './brood'], exitCode: 124, cause: 'the command took longer than 1 s' },
  { args: ['--', './state'], exitCode: 126, cause: 'cannot execute ./state: EACCES' },
  { args: ['--', './nonesuch'], exitCode: 127, cause: 'cannot find ./nonesuch' },
] as const;

export default defineProof({
  name: 'terminal-hooks',
  claim: 'A hook can stop an act before it begins; none can mask how it ended.',
  scenarios: [
    forgedHookScenario({
      name: 'forged-on-error',
      claim: 'A fail_closed on_error hook is blocked at dispatch; the failure stays what it was.',
      kind: 'on_error',
      policies: ['fail_closed', 'FAIL_OPEN', ''],
      reason: 'terminal_observability_must_be_fail_open',
      command: ['sh', '-c', 'exit 42'],
      end: {
        type: 'invocation.failed',
        outcome: 'failed',
        exit_code: 42,
        cause: 'the command ended with exit code 42',
      },
    }),
    forgedHookScenario({
      name: 'forged-on-cancel',
      claim: 'A fail_closed on_cancel hook is blocked at dispatch; the cancellation stays what it was.',
      kind: 'on_cancel',
      policies: ['fail_closed', 'closed'],
      reason: 'terminal_observability_must_be_fail_open',
      command: ['./wait'],
      interrupt: { signal: 'SIGINT', at: 'wait' },
      end: { type: 'invocation.cancelled', outcome: 'cancelled', exit_code: 130, signal: 'SIGINT' },
    }),
    forgedHookScenario({
      name: 'forged-after-invocation',
      claim: 'A fail_closed after_invocation hook is blocked at dispatch; the success stays what it was.',
      kind: 'after_invocation',
      policies: ['fail_closed', 'Fail_Open'],
      reason: 'observability_must_be_fail_open',
      command: ['true'],
      end: { type: 'invocation.completed', outcome: 'succeeded', exit_code: 0 },
    }),
    dispatchScenario(
      'policy-before',
      'A closed policy hook that fails, or any that denies, stops the act; an open one that fails does not.',
      [
        ...failures.flatMap(({ entrypoint, reason, started }) => {
          const hook = { name: 'policy', entrypoint: [entrypoint] };
          const launch = started ? (['hook.invoked'] as const) : [];
          return [
            {
              what: `closed, ${reason} (${entrypoint}): blocked, and nothing else runs`,
              hooks: [
                { ...hook, ...closed },
                { name: 'next', ...closed, entrypoint: ['allow'] },
                ...observers,
              ],
              args: touch,
              exitCode: 1,
              events: ['invocation.started', ...launch, 'hook.blocked', 'invocation.blocked'] as const,
              fields: {
                'hook.blocked': { hook_name: 'policy', reason },
                'invocation.blocked': { veto: false },
              },
              noMarkers: ['act', 'allow', 'after', 'error'],
            },
            {
              what: `open, ${reason} (${entrypoint}): told, and the act is not affected`,
              hooks: [{ ...hook, ...open }],
              args: touch,
              exitCode: 0,
              events: ['invocation.started', ...launch, 'hook.failed', 'invocation.completed'] as const,
              fields: { 'hook.failed': { reason } },
              markers: ['act'],
            },
          ];
        }),
        {
          what: 'a veto is told apart from a crash, with its reason',
          hooks: [{ name: 'policy', entrypoint: ['deny'], ...closed }, ...observers],
          args: touch,
          exitCode: 1,
          events: ['invocation.started', 'hook.invoked', 'hook.completed', 'invocation.blocked'],
          fields: {
            'hook.completed': { outcome: 'denied' },
            'invocation.blocked': { veto: true, reason: 'no change ticket' },
          },
          noMarkers: ['act', 'after', 'error'],
        },
      ],
    ),
    dispatchScenario(
      'changed-after-trust',
      'An executable that is no longer what was trusted is not started.',
      [
        {
          what: 'a hook changed by an earlier hook is not started',
          hooks: [
            { name: 'tamper', entrypoint: ['tamper'], ...closed },
            { name: 'victim', entrypoint: ['allow'], ...closed },
          ],
          args: touch,
          exitCode: 1,
          events: [
            'invocation.started',
            'hook.invoked',
            'hook.completed',
            'hook.blocked',
            'invocation.blocked',
          ],
          fields: { 'hook.blocked': { hook_name: 'victim', reason: 'entrypoint_changed' } },
          noMarkers: ['act', 'tampered'],
        },
      ],
    ),
    dispatchScenario('process-groups', 'Nobody is left behind by a hook, whatever becomes of it.', [
      {
        what: 'a hook that takes too long is killed with its children',
        hooks: [observing('after_invocation', 'brood')],
        args: touch,
        exitCode: 0,
        events: ['invocation.started', 'invocation.completed', 'hook.invoked', 'hook.failed'],
        fields: { 'hook.failed': { reason: 'timed_out' } },
        markers: ['brood'],
      },
      {
        what: 'a hook that ends by itself takes the children along that it left',
        hooks: [observing('after_invocation', 'abandon')],
        args: touch,
        exitCode: 0,
        events: ['invocation.started', 'invocation.completed', 'hook.invoked', 'hook.completed'],
        markers: ['abandon'],
      },
    ]),
    dispatchScenario('endings', 'However the act ends, its own exit code and cause come through.', [
      {
        what: 'success: completed, then after_invocation, and 0',
        hooks: [{ name: 'policy', entrypoint: ['allow'], ...closed }, ...observers],
        args: touch,
        exitCode: 0,
        events: [
          'invocation.started',
          'hook.invoked',
          'hook.completed',
          'invocation.completed',
          'hook.invoked',
          'hook.completed',
        ],
        markers: ['allow', 'act', 'after'],
        noMarkers: ['error', 'cancel'],
      },
      ...endings.map(({ args, exitCode, cause }) => ({
        what: `failure with ${exitCode}: failed, after_invocation, on_error, and ${exitCode}`,
        hooks: observers,
        args,
        exitCode,
        events: [
          'invocation.started',
          'invocation.failed',
          'hook.invoked',
          'hook.completed',
          'hook.invoked',
          'hook.completed',
        ] as const,
        fields: { 'invocation.failed': { exit_code: exitCode, cause } },
        markers: ['after', 'error'],
        noMarkers: ['cancel'],
      })),
      ...(['fail', 'die', 'brood'] as const).map((entrypoint) => ({
        what: `an on_error hook that fails itself (${entrypoint}) changes nothing`,
        hooks: [observing('on_error', entrypoint), observing('on_error', 'mark', 'error')],
        args: ['--', 'sh', '-c', 'exit 42'],
        exitCode: 42,
        events: [
          'invocation.started',
          'invocation.failed',
          'hook.invoked',
          'hook.failed',
          'hook.invoked',
          'hook.completed',
        ] as const,
        fields: { 'invocation.failed': { exit_code: 42, cause: 'the command ended with exit code 42' } },
        markers: ['error'],
      })),
    ]),
    dispatchScenario('cancellation', 'A signal, whenever it comes, leaves one end event and nobody behind.', [
      ...(
        [
          ['SIGINT', 130],
          ['SIGTERM', 143],
        ] as const
      ).map(([signal, exitCode]) => ({
        what: `${signal} while the act runs: cancelled, on_cancel, ${exitCode}`,
        hooks: observers,
        args: ['--', './wait'],
        interrupt: { signal, at: 'wait' },
        exitCode,
        events: ['invocation.started', 'invocation.cancelled', 'hook.invoked', 'hook.completed'] as const,
        fields: { 'invocation.cancelled': { signal, exit_code: exitCode } },
        markers: ['cancel'],
        noMarkers: ['after', 'error'],
      })),
      {
        what: 'SIGINT while a policy hook runs: cancelled, and the act never starts',
        hooks: [{ ...closed, name: 'policy', entrypoint: ['wait'], timeoutSeconds: 60 }, ...observers],
        args: touch,
        interrupt: { signal: 'SIGINT', at: 'wait' },
        exitCode: 130,
        events: [
          'invocation.started',
          'hook.invoked',
          'hook.failed',
          'invocation.cancelled',
          'hook.invoked',
          'hook.completed',
        ],
        fields: { 'hook.failed': { reason: 'cancelled' } },
        markers: ['cancel'],
        noMarkers: ['act'],
      },
      {
        what: 'SIGINT while a hook runs after the act: the hooks end, the outcome stands',
        hooks: [{ ...observing('after_invocation', 'wait'), timeoutSeconds: 60 }, ...observers.slice(1)],
        args: ['--', 'sh', '-c', 'exit 42'],
        interrupt: { signal: 'SIGINT', at: 'wait' },
        exitCode: 42,
        events: ['invocation.started', 'invocation.failed', 'hook.invoked', 'hook.failed', 'hook.failed'],
        fields: { 'invocation.failed': { exit_code: 42 } },
        noMarkers: ['error', 'cancel'],
      },
    ]),
    dispatchScenario(
      'ledger',
      'A failing ledger changes no outcome; a required one stops the run before it starts.',
      [
        {
          what: 'the ledger cannot be written: the act and its exit code are not affected',
          hooks: observers,
          args: ['--', 'sh', '-c', ': > marker-act; exit 42'],
          env: { AEGIS_LEDGER: '/proc/nonesuch/ledger' },
          exitCode: 42,
          events: [],
          markers: ['act', 'after', 'error'],
        },
        {
          what: 'the same under --require-ledger: nothing runs',
          hooks: observers,
          args: ['--require-ledger', ...touch],
          env: { AEGIS_LEDGER: '/proc/nonesuch/ledger' },
          exitCode: 99,
          events: [],
          noMarkers: ['act', 'after', 'error'],
        },
      ],
    ),
  ],
});
