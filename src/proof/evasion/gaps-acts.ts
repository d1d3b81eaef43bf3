import type { Gap } from './gap.js';
import type { Kind } from './catalogue.js';
import type { Rung } from '../rungs.js';

const late = 'act_takes_effect_before_the_signal';
const tracepoint: readonly Rung['name'][] = ['tracepoint'];
const everyRung: readonly Rung['name'][] = ['lsm', 'override', 'fentry', 'tracepoint'];

function gap(
  kind: Kind,
  name: string,
  rungs: readonly Rung['name'][] = tracepoint,
  ways: readonly string[] = [],
): Gap {
  return { gap: name, kinds: [kind], rungs, ways };
}

/** The known gaps of the classes that deny acts: running programs, reaching addresses, tracing, loading modules. */
export const actGaps: readonly Gap[] = [
  gap('program', 'copies_of_a_program', everyRung),
  gap('program', 'scripts_read_by_an_interpreter', everyRung),
  gap('program', 'programs_running_before', everyRung),
  gap('program', 'relative_and_aliased_names', tracepoint, ['run-relative', 'run-symlink', 'run-hard-link']),
  gap('program', 'path_changed_during_the_call'),
  gap('program', 'paths_of_256_bytes_and_more'),
  gap('program', 'exec_with_an_absent_path_string'),
  gap('program', 'int_0x80_from_64_bit_code'),
  gap('program', 'renamed_files'),
  gap('program', 'interpreters_and_loaders', tracepoint, ['run-as-interpreter', 'run-by-mapping']),
  gap('program', 'execution_by_descriptor', tracepoint, ['run-proc-fd', 'run-at-before', 'run-at-o-path']),

  gap('address', 'raw_and_packet_sockets_choose_their_own_headers', everyRung),
  gap('address', 'ports_chosen_by_the_kernel_for_datagrams', everyRung),
  gap('address', 'data_received_on_inherited_sockets', everyRung),
  gap('address', 'connections_made_by_the_kernel_for_a_mount', everyRung),
  gap('address', 'further_addresses_of_an_sctp_association', everyRung),
  gap(
    'address',
    late,
    ['fentry', 'tracepoint'],
    [
      ...['udp-sendto', 'udp-sendto-v6', 'udp-sendto-v4-mapped', 'udp-other-than-connected'],
      ...['udp-af-unspec', 'raw-socket'],
    ],
  ),
  gap(
    'address',
    late,
    ['fentry'],
    [
      ...['udp-sendmmsg', 'udp-connected-before', 'connected-before-send', 'connected-before-write'],
      'io-uring-sendmsg',
    ],
  ),
  // Where splice asks before it sends, the signal is there in time.
  { ...gap('address', late, ['fentry'], ['connected-before-splice']), since: '6.2' },
  gap('address', 'io_uring', tracepoint, ['io-uring-connect', 'io-uring-sendmsg']),
  gap('address', 'sockets_connected_before', tracepoint, [
    ...['udp-connected-before', 'connected-before-send', 'connected-before-write'],
    'connected-before-splice',
  ]),
  gap('address', 'address_changed_during_the_call'),
  gap('address', 'listen_and_accept'),
  gap('address', 'addresses_in_message_vectors_beyond_the_first', tracepoint, ['udp-sendmmsg']),
  gap('address', 'socketcall_and_int_0x80', tracepoint, ['int80-socketcall']),
  gap('address', 'protocols_are_not_told_apart'),

  gap('tracing', 'tracers_attached_before', everyRung),
  gap('tracing', 'memory_files_opened_before', everyRung),
  gap('tracing', 'tracers_attached_before', everyRung),
  gap('tracing', 'memory_files_opened_before', everyRung),
  gap('tracing', 'memory_files_below_proc', tracepoint, ['proc-pid-mem', 'proc-task-mem']),
  gap('tracing', 'int_0x80_from_64_bit_code'),

  gap('modules', 'modules_loaded_on_request', ['fentry', 'tracepoint']),
  gap('modules', 'int_0x80_from_64_bit_code'),
  gap('modules', late, ['fentry', 'tracepoint'], ['finit-module-memfd', 'init-module']),
];
