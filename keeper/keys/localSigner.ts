import { type Signature, SigningKey, computeAddress } from "ethers";
import { Secret } from "./secret.js";
import type { Signer } from "./signer.js";

/** Signs with a key of this process. */
export class LocalSigner implements Signer {
  readonly address: string;
  readonly #secret: Secret;

  private constructor(secret: Secret) {
    this.#secret = secret;
    this.address = secret.use((bytes) => computeAddress(new SigningKey(bytes)));
  }

  /**
   * @param bytes the 32 of the key; overwritten
   * @returns undefined where they are no key
   */
  static of(bytes: Uint8Array): LocalSigner | undefined {
    try {
      return new LocalSigner(new Secret(bytes));
    } catch {
      // What ethers throws would quote the key.
      return undefined;
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- others ask a service
  async signDigest(digest: string): Promise<Signature> {
    return this.#secret.use((bytes) => new SigningKey(bytes).sign(digest));
  }
}
