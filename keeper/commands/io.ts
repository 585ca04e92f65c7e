/** What a command line has to do with the world; tests put their own in place of the process's. */
export interface Io {
  readonly environment: NodeJS.ProcessEnv;
  /** Results, and nothing else. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** What the command ends with unless it throws. */
  exitCode: number;
}

export const processIo = (): Io => ({
  environment: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  exitCode: 0,
});
