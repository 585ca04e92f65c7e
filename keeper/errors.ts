/** Base of every error the keeper raises itself. The message says what was found, what was expected and what to do. */
export class KeeperError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Flags, environment or file that do not make a configuration; the process ends with code 2. */
export class InvalidConfig extends KeeperError {}

/** The chain, the contracts or the account are not what the configuration says they are; the process ends with code 3. */
export class WrongChain extends KeeperError {}

/** The node's answers do not fit together right now (a block replaced, logs missing): the decision is taken anew. */
export class Inconsistent extends KeeperError {}
