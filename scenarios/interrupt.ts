/** How often to look whether whoever started us is still there. */
const PARENT_CHECK_MS = 500;

/**
 * Calls back once when the process is asked to end: by Ctrl-C, a signal, a closed terminal, or because npm, which stands
 * between the terminal and us, was killed outright and cannot pass anything on.
 * @param end what must be done before the process may exit
 * @returns whether it was asked to; what fails from then on fails for that reason
 */
export function whenAskedToEnd(exitCode: number, end: () => Promise<void>): { readonly asked: boolean } {
  const startedBy = process.ppid;
  const state = { asked: false };
  const ask = () => {
    if (state.asked) return;
    state.asked = true;
    clearInterval(timer);
    void end().finally(() => process.exit(exitCode));
  };
  const timer = setInterval(() => {
    if (process.ppid !== startedBy) ask();
  }, PARENT_CHECK_MS);
  timer.unref();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, ask);
  return state;
}
