/** The process groups this process has started and not yet seen the end of, by the pid of their leader. */
const live = new Set<number>();

/** Remembers a group, so that it ends with this process even where nobody can wait (`process.exit` in the middle). */
export function trackGroup(leader: number): void {
  if (live.size === 0) process.once('exit', endAllGroups);
  live.add(leader);
}

export function forgetGroup(leader: number): void {
  live.delete(leader);
  if (live.size === 0) process.off('exit', endAllGroups);
}

/** Signals every process of the group that `leader` leads. A group that is already gone is no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // ESRCH: nobody is left. EPERM: only members that changed their user are left, and those are out of reach.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/** Kills what is left of a group and forgets it. The kernel keeps its number reserved while a member lives. */
export function endGroup(leader: number): void {
  forgetGroup(leader);
  signalGroup(leader, 'SIGKILL');
}

function endAllGroups(): void {
  for (const leader of [...live]) endGroup(leader);
}
