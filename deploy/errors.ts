/** Base of every error of a deployment. */
export class DeployError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A parameter is missing or cannot be right; nothing was sent. */
export class InvalidParameters extends DeployError {}

/** What the parameters point to is not what they say it is; nothing was sent. */
export class PreflightFailed extends DeployError {}

/** The deployment stopped before its end. What was done is in the journal, if there is one: run it again. */
export class DeploymentFailed extends DeployError {}

/** The journal speaks of contracts that this chain does not have. */
export class ForeignJournal extends DeployError {}

/** The project's contracts have not been compiled. */
export class NotCompiled extends DeployError {}

/** One fact of a finished deployment that is not as it should be. */
export interface Finding {
  what: string;
  found: string;
  expected: string;
}

/** The deployment is there and is not what its parameters say. */
export class CheckFailed extends DeployError {
  constructor(readonly findings: readonly Finding[]) {
    const lines = findings.map(({ what, found, expected }) => `  ${what}: found ${found}, expected ${expected}`);
    super(`The deployment is not as it should be:\n${lines.join("\n")}`);
  }
}
