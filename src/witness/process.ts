import { readFile } from 'node:fs/promises';

/**
 * When a process started, in clock ticks since boot (proc(5), field 22 of /proc/PID/stat). Undefined when there is no
 * such process.
 */
export async function startTicksOf(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses and may hold blanks; the third comes after its last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[22 - 3]);
  } catch {
    return undefined;
  }
}
