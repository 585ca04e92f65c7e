import type { Signature } from "ethers";
import { KeeperError } from "../errors.js";

/** Signs for one address. Where the key is, is its own affair: nothing else in the keeper ever sees one. */
export interface Signer {
  readonly address: string;
  /**
   * @param digest 32 bytes, hex
   * @throws SignerFailed where there is no signature to be had right now
   */
  signDigest(digest: string): Promise<Signature>;
}

/** No signature: the service does not answer, or answered what is no signature of this key. The message has no secret in it. */
export class SignerFailed extends KeeperError {}
