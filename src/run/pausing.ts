/** Waits for a timer, or until the signal aborts, which stops the timer. `start` gives what cancels it. */
export function pausing(start: (fire: () => void) => () => void, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      signal?.removeEventListener("abort", finish);
      cancel();
      resolve();
    };
    const cancel = start(finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
