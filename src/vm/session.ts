import { open, stat } from 'node:fs/promises';
import { AegisError, messageOf } from '../errors.js';
import { FrameType, decodeEnded, encodeCommand, encodeCopyBegin, maxPayload } from './frames.js';
import { guestPath } from './guest-files.js';
import type { Machine } from './machine.js';

/** A file of the host that the guest gets before the command runs, with the same mode. */
export interface Copy {
  readonly from: string;
  /** Absolute path in the guest; folders on the way are made. */
  readonly to: string;
}

/** @throws AegisError BAD_ARGUMENT unless every file to copy is a readable regular file and every target absolute */
export async function checkCopies(copies: readonly Copy[]): Promise<void> {
  for (const { from, to } of copies) {
    const found = await stat(from).catch((cause: unknown) => {
      throw new AegisError('BAD_ARGUMENT', `cannot copy ${from}: ${messageOf(cause)}`, { cause });
    });
    if (!found.isFile()) throw new AegisError('BAD_ARGUMENT', `cannot copy ${from}: it is no regular file`);
    if (!to.startsWith('/') || to.endsWith('/'))
      throw new AegisError(
        'BAD_ARGUMENT',
        `cannot copy ${from} to '${to}': it is no absolute path of a file`,
      );
  }
}

/**
 * Sends one file, with its mode, and waits until the guest has it.
 * @throws AegisError BAD_ARGUMENT when it cannot be read, COMMAND_FAILED when the guest refuses it, and those of a lost machine
 */
export async function sendFile(
  machine: Machine,
  copy: Copy,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(copy.from, 'r').catch((cause: unknown) => {
    throw new AegisError('BAD_ARGUMENT', `cannot copy ${copy.from}: ${messageOf(cause)}`, { cause });
  });
  try {
    const send = (type: FrameType, payload: Buffer = Buffer.alloc(0)) =>
      machine.send(type, payload, timeoutMs, signal);
    await send(FrameType.copyBegin, encodeCopyBegin((await file.stat()).mode, copy.to));
    const buffer = Buffer.alloc(maxPayload);
    // The guest speaks only to confirm the file or to refuse it, and refuses what comes after that.
    while (!machine.hasFrame) {
      const { bytesRead } = await file.read(buffer, 0, maxPayload);
      if (bytesRead === 0) {
        await send(FrameType.copyEnd);
        break;
      }
      await send(FrameType.copyData, buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
  const frame = await machine.next(performance.now() + timeoutMs, timeoutMs, signal);
  if (frame.type === FrameType.refused)
    throw new AegisError(
      'COMMAND_FAILED',
      `cannot copy ${copy.from} to ${copy.to}: ${frame.payload.toString()}`,
    );
  if (frame.type !== FrameType.copied) throw machine.protocolError('it did not confirm a copied file');
}

/** What a command is given; the rest of the guest's environment is not the command's business. */
const baseEnvironment = { PATH: guestPath, HOME: '/root', USER: 'root', LANG: 'C.UTF-8', TERM: 'dumb' };

/** Where the command's output goes; the guest waits for a promise that is returned. */
export interface Output {
  readonly onStdout: (bytes: Buffer) => void | Promise<void>;
  readonly onStderr: (bytes: Buffer) => void | Promise<void>;
}

/**
 * Runs the command and streams its output until it ends.
 * @returns its exit code, or 128 plus the number of the signal that killed it
 * @throws AegisError COMMAND_FAILED when the guest cannot start it, and those of a lost machine
 */
export async function runCommand(
  machine: Machine,
  command: { argv: readonly string[]; env: Readonly<Record<string, string>>; timeoutMs: number },
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { timeoutMs } = command;
  const deadline = performance.now() + timeoutMs;
  await machine.send(
    FrameType.run,
    encodeCommand(command.argv, { ...baseEnvironment, ...command.env }),
    timeoutMs,
    signal,
  );
  for (;;) {
    const frame = await machine.next(deadline, timeoutMs, signal);
    if (frame.type === FrameType.out) await untilAborted(output.onStdout(frame.payload), signal);
    else if (frame.type === FrameType.err) await untilAborted(output.onStderr(frame.payload), signal);
    else if (frame.type === FrameType.ended) return machine.decode(() => decodeEnded(frame.payload));
    else if (frame.type === FrameType.refused)
      throw new AegisError(
        'COMMAND_FAILED',
        `cannot run the command in the guest: ${frame.payload.toString()}`,
      );
    else throw machine.protocolError(`an unexpected frame of type ${frame.type}`);
  }
}

/** Waits for a reader, but not for one that keeps an interrupted run from ending. */
async function untilAborted(read: void | Promise<void>, signal: AbortSignal): Promise<void> {
  if (read === undefined || signal.aborted) return;
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    signal.addEventListener('abort', onAbort, { once: true });
  });
  await Promise.race([read, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
