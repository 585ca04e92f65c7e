import { InvalidConfig, KeeperError } from "../errors.js";

/** The store does not answer, or cannot write, right now; the same call again is safe. */
export class StoreFailed extends KeeperError {}

/** Another keeper leads, or will: this one must not write, and must not send. */
export class FenceLost extends KeeperError {}

/** An unfinished transaction has this nonce. */
export class NonceTaken extends KeeperError {}

/** A step that this transaction cannot take, or a transaction that there is not: a fault of the keeper's own. */
export class JournalMisuse extends KeeperError {}

/** A store that must not be used as it is; the process ends with code 2. */
export class UnusableStore extends InvalidConfig {}

/** It is of another deployment, of another program, or of a newer version. */
export class ForeignStore extends UnusableStore {}

/** What is in it cannot be read. */
export class DamagedStore extends UnusableStore {}

/** Another keeper on this machine has it. */
export class StoreInUse extends UnusableStore {}
