import type { Gap } from './gap.js';

const late = 'act_takes_effect_before_the_signal';

/** The known gaps of the file class. */
export const fileGaps: readonly Gap[] = (
  [
    {
      gap: late,
      rungs: ['fentry', 'tracepoint'],
      ways: [
        ...['creat', 'open-truncate', 'openat2-truncate', 'truncate', 'truncate-longer'],
        ...['unlink', 'rename-away', 'rename-over', 'rename-exchange', 'link', 'new-hard-link'],
      ],
    },
    {
      gap: late,
      rungs: ['fentry'],
      ways: [
        ...['handle-truncate', 'truncate-relative', 'unlinkat', 'rename-exchange-relative'],
        ...['link-of-descriptor', 'acct', 'swapon', 'overlay-truncate', 'overlay-unlink'],
        ...['before-ftruncate', 'before-truncate-proc-fd', 'before-punch-hole', 'before-zero-range'],
        ...['before-link', 'int80-truncate', 'int80-truncate64', 'int80-ftruncate', 'int80-unlink'],
        ...['io-uring-open-truncate', 'io-uring-unlink', 'io-uring-rename-over', 'io-uring-link'],
        ...['io-uring-before-punch-hole', 'core-dump'],
      ],
    },
    {
      gap: 'memory_and_descriptors_shared_with_another_process',
      rungs: ['fentry'],
      ways: ['shared-memory-map'],
    },
    {
      gap: 'memory_and_descriptors_shared_with_another_process',
      rungs: ['tracepoint'],
      ways: ['shared-descriptor-table'],
    },
    {
      gap: 'relative_and_aliased_names',
      rungs: ['tracepoint'],
      ways: [
        ...['relative-name', 'dot-in-name', 'dot-dot-in-name', 'doubled-slash', 'leading-slashes'],
        ...['symlink', 'symlink-chain', 'hard-link', 'proc-root', 'proc-cwd', 'proc-folder-fd'],
        ...['proc-root-of-another', 'relative-to-descriptor', 'openat2-in-root', 'chroot', 'pivot-root'],
        ...['bind-mount', 'bind-mount-from-before', 'bind-mount-of-file', 'open-tree', 'move-mount'],
        ...['device-mounted-again', 'overlay', 'overlay-from-before', 'overlay-upper'],
        ...['overlay-copy-up', 'overlay-metacopy', 'overlay-link', 'overlay-truncate', 'overlay-unlink'],
        ...['truncate-relative', 'unlinkat', 'rename-exchange-relative', 'link-of-descriptor'],
        ...['handle', 'handle-from-before', 'handle-truncate', 'exec-relative', 'exec-symlink'],
        ...['exec-hard-link', 'exec-as-interpreter', 'exec-at-o-path'],
      ],
    },
    { gap: 'renamed_files', rungs: ['tracepoint'], ways: ['moved-folder'] },
    {
      gap: 'file_descriptors_opened_before',
      rungs: ['tracepoint'],
      ways: [
        ...['before-read', 'before-pread', 'before-readv', 'before-preadv2', 'before-dup'],
        ...['before-reopen', 'before-splice', 'before-splice-to-another', 'before-sendfile'],
        ...['before-sendfile-to-another', 'before-copy-file-range', 'before-aio', 'before-mmap'],
        ...['before-mprotect', 'before-pkey-mprotect', 'before-mprotect-write', 'before-write'],
        ...['before-pwritev', 'before-splice-in', 'before-copy-in', 'before-ftruncate'],
        ...['before-truncate-proc-fd', 'before-punch-hole', 'before-zero-range', 'before-link'],
        'before-move-extents',
        ...['passed-over-socket', 'pidfd-getfd', 'proc-pid-fd', 'proc-map-files'],
        ...['inherited-over-exec', 'shared-memory-map', 'fanotify-event', 'loop-device'],
        ...['exec-proc-fd', 'exec-by-mapping', 'exec-at-before'],
      ],
    },
    {
      gap: 'io_uring',
      rungs: ['tracepoint'],
      ways: [
        ...['io-uring-openat', 'io-uring-openat2', 'io-uring-async', 'io-uring-sqpoll'],
        ...['io-uring-registered', 'io-uring-linked', 'io-uring-before-read', 'io-uring-before-async'],
        ...['io-uring-before-sqpoll', 'io-uring-registered-before', 'io-uring-before-splice'],
        ...['io-uring-before-write', 'io-uring-before-punch-hole', 'io-uring-open-truncate'],
        ...['io-uring-unlink', 'io-uring-rename-over', 'io-uring-link'],
      ],
    },
    { gap: 'path_changed_during_the_call', rungs: ['tracepoint'], ways: ['path-changed'] },
    { gap: 'paths_of_256_bytes_and_more', rungs: ['tracepoint'], ways: ['long-name'] },
    {
      gap: 'exec_with_an_absent_path_string',
      rungs: ['tracepoint'],
      ways: ['exec-path-under-the-program'],
    },
    {
      gap: 'int_0x80_from_64_bit_code',
      rungs: ['tracepoint'],
      ways: [
        ...['int80-open', 'int80-openat', 'int80-read', 'int80-mmap', 'int80-truncate'],
        ...['int80-truncate64', 'int80-ftruncate', 'int80-unlink', 'int80-execve'],
        'int80-move-extents',
      ],
    },
    {
      gap: 'system_calls_that_are_not_looked_at',
      rungs: ['tracepoint'],
      ways: ['acct', 'core-dump', 'swapon'],
    },
  ] as const
).map((gap) => ({ ...gap, kinds: ['file'] }));
