/** Where a run of the command line writes, and whether anybody is there to answer. */
export interface Terminal {
  /** Data. */
  writeOut(text: string): void;
  /** Everything else. */
  writeError(text: string): void;
  /** Whether somebody sits there who can be asked. Questions go to stderr: stdout is for data. */
  canAsk(): boolean;
}

export const processTerminal: Terminal = {
  writeOut: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  canAsk: () => process.stdin.isTTY && process.stderr.isTTY,
};
