import type { KMSClient } from "@aws-sdk/client-kms";
import { Signature, computeAddress, getBytes, hexlify, recoverAddress, toBeHex } from "ethers";
import { InvalidConfig } from "../errors.js";
import { InvalidDer, secp256k1Point, signatureNumbers } from "./der.js";
import { type Signer, SignerFailed } from "./signer.js";

/** Order of secp256k1. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const KEY_SPEC = "ECC_SECG_P256K1";

export interface KmsOptions {
  /** Its id, ARN or alias. */
  readonly keyId: string;
  /** Another address of the service than AWS's own. */
  readonly endpoint?: string;
  readonly timeoutMs?: number;
}

/** Within which a signature is worth waiting for; a transaction that waits longer is better decided anew. */
const TIMEOUT_MS = 3_000;

/**
 * Signs with a key that never leaves AWS KMS. Credentials and region are found as AWS's tools find them (environment, profile,
 * role). KMS gives DER with either of two values of s; chains take the lower, and want to know which of two points the key is.
 */
export class KmsSigner implements Signer {
  readonly address: string;
  readonly #client: KMSClient;
  readonly #options: Required<Pick<KmsOptions, "keyId" | "timeoutMs">>;

  private constructor(address: string, client: KMSClient, keyId: string, timeoutMs: number) {
    this.address = address;
    this.#client = client;
    this.#options = { keyId, timeoutMs };
  }

  /**
   * Asks for the public key.
   *
   * @throws InvalidConfig for a key that cannot sign transactions
   * @throws SignerFailed where KMS does not answer
   */
  static async open({ keyId, endpoint, timeoutMs = TIMEOUT_MS }: KmsOptions): Promise<KmsSigner> {
    // Loaded only where it is used: it takes a fifth of a second.
    const { GetPublicKeyCommand, KMSClient } = await import("@aws-sdk/client-kms");
    const region = /^arn:[^:]*:kms:([^:]+):/.exec(keyId)?.[1] ?? process.env["AWS_REGION"];
    const client = new KMSClient({
      ...(endpoint !== undefined && { endpoint }),
      ...(region !== undefined ? { region } : endpoint !== undefined && { region: "us-east-1" }),
      maxAttempts: 2,
      requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs },
    });
    const what = `KMS key ${keyId}`;
    const { KeySpec, KeyUsage, PublicKey } = await answered(what, timeoutMs, async (abortSignal) =>
      client.send(new GetPublicKeyCommand({ KeyId: keyId }), { abortSignal }),
    );
    if (KeySpec !== KEY_SPEC || KeyUsage !== "SIGN_VERIFY") {
      throw new InvalidConfig(
        `${what} is of spec ${KeySpec ?? "unknown"} for ${KeyUsage ?? "unknown"}: it must be ${KEY_SPEC} for SIGN_VERIFY`,
      );
    }
    try {
      return new KmsSigner(
        computeAddress(hexlify(secp256k1Point(PublicKey ?? new Uint8Array()))),
        client,
        keyId,
        timeoutMs,
      );
    } catch (error) {
      throw new InvalidConfig(`${what} has no usable public key: ${error instanceof Error ? error.message : ""}`);
    }
  }

  async signDigest(digest: string): Promise<Signature> {
    const { SignCommand } = await import("@aws-sdk/client-kms");
    const { keyId, timeoutMs } = this.#options;
    const what = `KMS key ${keyId}`;
    const command = new SignCommand({
      KeyId: keyId,
      Message: getBytes(digest),
      MessageType: "DIGEST",
      SigningAlgorithm: "ECDSA_SHA_256",
    });
    const { Signature: der } = await answered(what, timeoutMs, async (abortSignal) =>
      this.#client.send(command, { abortSignal }),
    );
    try {
      return withRecovery(signatureNumbers(der ?? new Uint8Array()), digest, this.address);
    } catch (error) {
      if (error instanceof InvalidDer) throw new SignerFailed(`${what} answered no signature: ${error.message}`);
      throw error;
    }
  }
}

/** The signature as chains take it: the lower s, and the parity with which it is this address's. */
function withRecovery({ r, s }: { r: bigint; s: bigint }, digest: string, address: string): Signature {
  if (r <= 0n || r >= N || s <= 0n || s >= N) throw new InvalidDer("r or s is not between 1 and the curve's order");
  const low = s > N / 2n ? N - s : s;
  for (const yParity of [0, 1] as const) {
    const signature = Signature.from({ r: toBeHex(r, 32), s: toBeHex(low, 32), yParity });
    if (recovered(digest, signature) === address) return signature;
  }
  throw new InvalidDer(`it is not one of ${address}`);
}

/** About one r in 2^128 is the abscissa of no point. */
function recovered(digest: string, signature: Signature): string | undefined {
  try {
    return recoverAddress(digest, signature);
  } catch {
    return undefined;
  }
}

/** What the SDK throws carries the request with its credentials: only the words go on. */
async function answered<T>(what: string, timeoutMs: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await ask(AbortSignal.timeout(timeoutMs));
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: "Error", message: "unknown" };
    const why = /Timeout|Abort/.test(name) ? `no answer within ${timeoutMs} ms` : `${name}: ${message}`;
    throw new SignerFailed(`${what} cannot be used: ${why}`);
  }
}
