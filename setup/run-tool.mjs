import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SetupError } from './error.mjs';

/** Lines of a failed tool that are kept for the error text. */
const TAIL_LINES = 40;

/**
 * Runs a tool to its end. Its output is given away line by line and its tail kept. SIGINT and SIGTERM are passed on
 * and the tool's end awaited, so that no child outlives the set-up; then the set-up ends as interrupted.
 * @param {string} command
 * @param {string[]} args never passed through a shell
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void, input?: 'inherit' | 'ignore'}} [options]
 * @returns {Promise<{code: number, output: string, tail: string}>} output is what came on standard output
 * @throws {SetupError} when the tool cannot be started, died by a signal or the set-up was interrupted
 */
export async function runTool(command, args, options = {}) {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: [options.input ?? 'ignore', 'pipe', 'pipe'],
  });
  let interrupted;
  const pass = (signal) => {
    interrupted = signal;
    child.kill(signal);
  };
  process.on('SIGINT', pass).on('SIGTERM', pass);
  const tail = [];
  const output = [];
  const keep = (line) => {
    if (tail.push(line) > TAIL_LINES) tail.shift();
    options.onLine?.(line);
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.push(line);
    keep(line);
  });
  createInterface({ input: child.stderr }).on('line', keep);
  try {
    const { code, signal } = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal }));
    });
    if (interrupted)
      throw new SetupError(`interrupted by ${interrupted} while ${command} ran`, {
        wayOut: 'Run it again: it goes on where it stopped.',
      });
    if (signal)
      throw new SetupError(`cannot finish ${command}: it died by ${signal}`, { detail: tail.join('\n') });
    return { code, output: output.join('\n'), tail: tail.join('\n') };
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(`cannot start ${command}: ${error.message}`, { cause: error });
  } finally {
    process.off('SIGINT', pass).off('SIGTERM', pass);
  }
}

/**
 * As runTool, for tools whose failure ends the set-up.
 * @param {string} what the act, for the error text: `cannot <what>: ...`
 * @param {string} wayOut what the reader can do about a failure
 */
export async function mustRun(what, wayOut, command, args, options) {
  const { code, output, tail } = await runTool(command, args, options);
  if (code !== 0)
    throw new SetupError(`cannot ${what}: ${command} ended with exit code ${code}`, { wayOut, detail: tail });
  return output;
}
