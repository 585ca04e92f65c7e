/** Base of every error the client raises itself, as against what a contract or a network answered. */
export class ClientError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A deployment file that is missing, is not JSON, or does not say what a client needs to know. */
export class InvalidDeployment extends ClientError {}
