import { generateKeyPairSync } from "node:crypto";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SigningKey, getBytes, hexlify } from "ethers";

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** AlgorithmIdentifier and BIT STRING header of a secp256k1 SubjectPublicKeyInfo. */
const SPKI_PREFIX = Buffer.from("3056301006072a8648ce3d020106052b8104000a034200", "hex");

/** What the server does instead of what it should. */
export type KmsFault = "hangs" | "refuses" | "garbage" | "other-key" | "p256" | "encrypt" | "p256-as-secp256k1";

/** Speaks Sign and GetPublicKey as AWS KMS does, on the loopback, with real keys. */
export class KmsServer {
  fault: KmsFault | undefined;
  /** Gives the higher of the two values of s. */
  isHigh = false;
  readonly requests: { readonly target: string; readonly body: Record<string, unknown> }[] = [];
  /** Of each signature given. */
  readonly given: { readonly der: Buffer; readonly r: bigint; readonly s: bigint }[] = [];

  private constructor(
    private readonly server: Server,
    private readonly keys: ReadonlyMap<string, SigningKey>,
  ) {}

  static async start(keys: ReadonlyMap<string, SigningKey>): Promise<KmsServer> {
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        const target = String(request.headers["x-amz-target"]);
        const answer = kms.answer(target, JSON.parse(text) as Record<string, unknown>);
        if (answer === undefined) return;
        response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" });
        response.end(JSON.stringify(answer.body));
      });
    });
    const kms = new KmsServer(server, keys);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return kms;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(target: string, body: Record<string, unknown>): { status: number; body: object } | undefined {
    this.requests.push({ target, body });
    if (this.fault === "hangs") return undefined;
    if (this.fault === "refuses") {
      return { status: 400, body: { __type: "AccessDeniedException", message: "no permission to use this key" } };
    }
    const key = this.keys.get(String(body["KeyId"]));
    if (key === undefined) return { status: 400, body: { __type: "NotFoundException", message: "no such key" } };
    if (target === "TrentService.GetPublicKey") return { status: 200, body: this.publicKey(key, body["KeyId"]) };
    return { status: 200, body: this.signature(key, body) };
  }

  private publicKey(key: SigningKey, id: unknown): object {
    const isOther = this.fault === "p256" || this.fault === "p256-as-secp256k1";
    const spki = isOther
      ? generateKeyPairSync("ec", { namedCurve: "prime256v1" }).publicKey.export({ type: "spki", format: "der" })
      : Buffer.concat([SPKI_PREFIX, getBytes(key.publicKey)]);
    return {
      KeyId: id,
      KeySpec: this.fault === "p256" ? "ECC_NIST_P256" : "ECC_SECG_P256K1",
      KeyUsage: this.fault === "encrypt" ? "ENCRYPT_DECRYPT" : "SIGN_VERIFY",
      PublicKey: spki.toString("base64"),
    };
  }

  private signature(key: SigningKey, body: Record<string, unknown>): object {
    const signer = this.fault === "other-key" ? new SigningKey(`0x${"77".repeat(32)}`) : key;
    const { r, s: low } = signer.sign(hexlify(Buffer.from(String(body["Message"]), "base64")));
    const s = this.isHigh ? N - BigInt(low) : BigInt(low);
    const der = sequence(BigInt(r), s);
    this.given.push({ der, r: BigInt(r), s });
    const Signature = this.fault === "garbage" ? Buffer.from("30060201010201", "hex") : der;
    return { KeyId: body["KeyId"], SigningAlgorithm: "ECDSA_SHA_256", Signature: Signature.toString("base64") };
  }
}

function sequence(...numbers: bigint[]): Buffer {
  const content = Buffer.concat(numbers.map(integer));
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

/** As DER has it: no more bytes than needed, and one of zeros before a first bit that is set. */
function integer(value: bigint): Buffer {
  const text = value.toString(16);
  const bytes = Buffer.from(text.length % 2 === 0 ? text : `0${text}`, "hex");
  const padded = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, padded.length]), padded]);
}
