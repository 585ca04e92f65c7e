/** How often to look whether whoever started us is still there. */
const PARENT_CHECK_MS = 500;

/**
 * Calls back once when the process is asked to end: by Ctrl-C, a signal, a closed terminal, or because npm, which stands
 * between the terminal and us, was killed outright and cannot pass anything on.
 */
export function whenAskedToEnd(end: () => Promise<void>): void {
  const startedBy = process.ppid;
  let asked = false;
  const once = () => {
    if (asked) return;
    asked = true;
    clearInterval(timer);
    void end();
  };
  const timer = setInterval(() => {
    if (process.ppid !== startedBy) once();
  }, PARENT_CHECK_MS);
  timer.unref();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, once);
}
