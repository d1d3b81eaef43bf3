/** Thrown by `within` when the time is over. */
export class DeadlineOver extends Error {
  override readonly name = 'DeadlineOver';
}

/** The promise's own end, or `DeadlineOver` after so many milliseconds. */
export async function within<T>(milliseconds: number, promise: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineOver(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}
