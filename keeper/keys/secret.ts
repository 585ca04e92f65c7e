import { randomBytes } from "node:crypto";
import { inspect } from "node:util";

const SHOWN = "[secret]";

/**
 * A private key in memory: no log, error, JSON or inspection shows it, and neither a heap snapshot nor a core file has its
 * bytes in a row, except for the moment of a signature.
 */
export class Secret {
  readonly #masked: Buffer;
  readonly #mask: Buffer;

  /** @param bytes overwritten with zeros */
  constructor(bytes: Uint8Array) {
    this.#mask = randomBytes(bytes.length);
    this.#masked = Buffer.from(bytes.map((byte, index) => byte ^ (this.#mask[index] ?? 0)));
    bytes.fill(0);
  }

  /** Lends the bytes; they are overwritten afterwards. */
  use<T>(user: (bytes: Uint8Array) => T): T {
    const bytes = this.#masked.map((byte, index) => byte ^ (this.#mask[index] ?? 0));
    try {
      return user(bytes);
    } finally {
      bytes.fill(0);
    }
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
