import { once } from 'node:events';
import { Args, Flags } from '@oclif/core';
import { AegisCommand } from '../../command.js';
import { AegisError } from '../../errors.js';
import { Progress } from '../../ui.js';
import { demandKnownKernel, kernelNames, lsmWithBpf, runInGuest, type Copy } from '../../vm/index.js';

export default class VmRun extends AegisCommand {
  static override summary = 'Run a command as root in a fresh virtual machine with a chosen kernel.';
  static override description = `Boots a throw-away Debian guest under systemd and runs the command in a cgroup of its own, with the build under test
mounted at /opt/aegis and on PATH. The command's output is streamed and its exit code passed through, 128 plus the
number for a signal. Nothing the guest writes outlives it.

Exit codes: the command's own; 2 misuse; 99 the machine was lost, with the end of its console log.`;
  static override examples = [
    '<%= config.bin %> vm run 6.12 -- uname -a',
    '<%= config.bin %> vm run 5.10 --lsm lockdown,capability,yama,apparmor -- aegis-agent probe --json',
    '<%= config.bin %> vm run 7.3 --append lockdown=confidentiality --copy ./case.sh:/root/case.sh -- /root/case.sh',
    '<%= config.bin %> vm run --kernel arch/x86/boot/bzImage --modules /lib/modules/6.18.0 -- aegis doctor',
  ];
  static override usage = 'vm run [KERNEL] [--kernel FILE --modules DIR] [FLAGS] -- COMMAND...';
  static override args = {
    kernel: Args.string({ description: `one of ${kernelNames.join(', ')}` }),
  };
  static override flags = {
    kernel: Flags.string({
      helpValue: 'FILE',
      description: 'boot this bzImage instead of a known kernel',
      dependsOn: ['modules'],
    }),
    modules: Flags.string({
      helpValue: 'DIR',
      description: "the folder of that kernel's modules, as below /lib/modules",
      dependsOn: ['kernel'],
    }),
    lsm: Flags.string({
      helpValue: 'LIST',
      default: lsmWithBpf,
      description: "the kernel's `lsm=` list; without bpf in it the kernel has no BPF-LSM",
    }),
    append: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ARGS',
      description: 'further kernel parameters, separated by blanks',
    }),
    copy: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FILE:PATH',
      description: 'copy a file of this machine to an absolute path of the guest first',
    }),
    memory: Flags.integer({
      default: 1024,
      min: 256,
      max: 65_536,
      helpValue: 'MIB',
      description: "the guest's memory",
    }),
    timeout: Flags.integer({
      default: 600,
      min: 1,
      max: 86_400,
      helpValue: 'SECONDS',
      description: 'how long the command may run',
    }),
    quiet: Flags.boolean({ char: 'q', description: 'tell nothing of what the lane does' }),
  };

  async run(): Promise<void> {
    const { own, command } = splitCommand(this.argv);
    const { args, flags } = await this.parse(VmRun, own);
    if (command.length === 0)
      throw new AegisError('BAD_ARGUMENT', 'cannot run nothing: no command was given', {
        wayOut: 'Give the command after `--`, as in `aegis vm run 6.12 -- uname -a`.',
      });
    const kernel = kernelOf(args.kernel, flags.kernel, flags.modules);
    const copies = (flags.copy ?? []).map(parseCopy);

    const { signal: interrupted, exitCodeIfInterrupted } = this.interruption();
    const readerGone = new AbortController();
    const signal = AbortSignal.any([interrupted, readerGone.signal]);
    const write = (stream: NodeJS.WriteStream) => async (bytes: Buffer) => {
      progress.clear();
      await writeAll(stream, bytes).catch((error: unknown) => readerGone.abort(error));
    };
    const progress = new Progress();
    let exitCode: number;
    try {
      const result = await runInGuest(
        {
          kernel,
          argv: command,
          lsm: flags.lsm,
          append: (flags.append ?? []).flatMap((text) => text.split(/\s+/).filter(Boolean)),
          copies,
          memoryMiB: flags.memory,
          timeoutMs: flags.timeout * 1000,
        },
        {
          signal,
          onProgress: (text) => (flags.quiet ? undefined : progress.update(text)),
          onStdout: write(process.stdout),
          onStderr: write(process.stderr),
        },
      );
      exitCode = result.exitCode;
    } catch (error) {
      const code = exitCodeIfInterrupted() ?? (readerGone.signal.aborted ? readerGoneExitCode : undefined);
      if (code === undefined) throw error;
      exitCode = code;
    } finally {
      progress.clear();
    }
    this.exit(exitCode);
  }
}

/** As a command's own, had it written to a pipe that nobody reads: 128 plus SIGPIPE. */
const readerGoneExitCode = 141;

/** Waits for a slow reader, so that the guest does. Fails when the reader has gone. */
async function writeAll(stream: NodeJS.WriteStream, bytes: Buffer): Promise<void> {
  if (!stream.write(bytes)) await once(stream, 'drain');
}

/** Everything after the first `--` is the guest's; oclif must not read flags from it. */
function splitCommand(argv: readonly string[]): { own: string[]; command: string[] } {
  const at = argv.indexOf('--');
  return at < 0 ? { own: [...argv], command: [] } : { own: argv.slice(0, at), command: argv.slice(at + 1) };
}

function kernelOf(
  name?: string,
  image?: string,
  modules?: string,
): string | { image: string; modules: string } {
  if (image !== undefined && modules !== undefined) {
    if (name === undefined) return { image, modules };
    throw new AegisError('BAD_ARGUMENT', `cannot boot two kernels: both ${name} and --kernel were given`, {
      wayOut: 'Leave out one of them.',
    });
  }
  if (name === undefined)
    throw new AegisError('BAD_ARGUMENT', 'cannot boot a guest: no kernel was given', {
      wayOut: `Name one of ${kernelNames.join(', ')}, or give --kernel FILE --modules DIR.`,
    });
  demandKnownKernel(name);
  return name;
}

/** `FILE:PATH`; the file's name may hold colons, the path may not. */
function parseCopy(text: string): Copy {
  const at = text.lastIndexOf(':');
  if (at > 0) return { from: text.slice(0, at), to: text.slice(at + 1) };
  throw new AegisError('BAD_ARGUMENT', `cannot read --copy ${text}: it is not FILE:PATH`, {
    wayOut: 'Write it as in `--copy ./case.sh:/root/case.sh`.',
  });
}
