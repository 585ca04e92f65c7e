import { expect } from "chai";
import { SigningKey, computeAddress, id, recoverAddress } from "ethers";
import { InvalidConfig } from "../../../keeper/errors.js";
import { InvalidDer, signatureNumbers } from "../../../keeper/keys/der.js";
import { KmsSigner } from "../../../keeper/keys/kmsSigner.js";
import { openSigners } from "../../../keeper/keys/open.js";
import { SignerFailed } from "../../../keeper/keys/signer.js";
import { intent } from "./support/dispatching.js";
import { signed } from "../../../keeper/dispatch/transaction.js";
import { Transaction } from "ethers";
import { KmsServer } from "./support/kmsServer.js";

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const ACCESS = {
  AWS_ACCESS_KEY_ID: "AKIDCANARY",
  AWS_SECRET_ACCESS_KEY: "canary-secret",
  AWS_SESSION_TOKEN: "canary-session",
};

describe("keeper: keys in AWS KMS", () => {
  const key = new SigningKey(id("a key for tests"));
  const address = computeAddress(key);
  let kms: KmsServer;
  const before_ = { ...process.env };

  before(async () => {
    Object.assign(process.env, ACCESS);
    kms = await KmsServer.start(new Map([["lane-1", key]]));
  });
  after(async () => {
    for (const name of Object.keys(ACCESS)) {
      if (before_[name] === undefined) delete process.env[name];
      else process.env[name] = before_[name];
    }
    await kms.stop();
  });
  beforeEach(() => {
    kms.fault = undefined;
    kms.isHigh = false;
    kms.requests.length = 0;
    kms.given.length = 0;
  });
  const open = (timeoutMs = 10_000): Promise<KmsSigner> =>
    KmsSigner.open({ keyId: "lane-1", endpoint: kms.url, timeoutMs });

  it("is asked for its public key once and for digests then; its address is that of the key", async () => {
    const [signer] = await openSigners({ keys: [`kms:lane-1@${kms.url}`] }, {});
    expect(signer.address).to.equal(address);
    const digest = id("a digest");
    expect((await signer.signDigest(digest)).serialized).to.equal(key.sign(digest).serialized);
    expect(kms.requests.map(({ target }) => target)).to.deep.equal(["TrentService.GetPublicKey", "TrentService.Sign"]);
    expect(kms.requests[1]?.body).to.deep.include({ MessageType: "DIGEST", SigningAlgorithm: "ECDSA_SHA_256" });
  });

  it("signs as chains take it, whatever DER looks like: high s, a zero before a set bit, numbers that are short", async () => {
    const signer = await open();
    const seen = { zeroBefore: 0, short: 0, high: 0 };
    for (let i = 0; i < 400 && (seen.short === 0 || i < 40); i++) {
      const digest = id(`digest ${i}`);
      // Only what is remarkable costs a request: r of 31 bytes comes once in 256.
      const isShort = BigInt(key.sign(digest).r) < 1n << 248n;
      if (i >= 20 && !isShort) continue;
      kms.isHigh = i % 2 === 1;
      const signature = await signer.signDigest(digest);
      expect(BigInt(signature.s) <= N / 2n).to.equal(true);
      expect(recoverAddress(digest, signature)).to.equal(address);
      const { der, r, s } = kms.given.at(-1) ?? { der: Buffer.alloc(0), r: 0n, s: 0n };
      if (der[4] === 0) seen.zeroBefore += 1;
      if (r < 1n << 248n) seen.short += 1;
      if (s > N / 2n) seen.high += 1;
    }
    for (const [what, times] of Object.entries(seen)) expect(times, what).to.be.greaterThan(0);
  });

  it("a transaction signed by it is one of its address", async () => {
    const fees = { maxFeePerGas: 10n, maxPriorityFeePerGas: 1n };
    const attempt = await signed(await open(), intent("a"), 7, fees, 901n);
    const { from, hash, nonce } = Transaction.from(attempt.raw);
    expect([from, hash, nonce]).to.deep.equal([address, attempt.hash, 7]);
  });

  it("reads numbers with more zeros than needed, and nothing that is no pair of numbers", () => {
    expect(signatureNumbers(Buffer.from("300a020300000102030000ff", "hex"))).to.deep.equal({ r: 1n, s: 255n });
    for (const bytes of ["", "30", "3003020101", "30060201010201", "3006020101020100ff", "3180", "3006020101030101"]) {
      expect(() => signatureNumbers(Buffer.from(bytes, "hex")), bytes).to.throw(InvalidDer);
    }
  });

  for (const [fault, words] of [
    ["p256", /ECC_NIST_P256 for SIGN_VERIFY: it must be ECC_SECG_P256K1/],
    ["encrypt", /ENCRYPT_DECRYPT/],
    ["p256-as-secp256k1", /another kind than secp256k1/],
  ] as const) {
    it(`refuses a key that cannot sign transactions (${fault})`, async () => {
      kms.fault = fault;
      const error = await open().catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(InvalidConfig);
      expect((error as Error).message).to.match(words);
    });
  }

  for (const [fault, words] of [
    ["hangs", /no answer within 1000 ms/],
    ["refuses", /AccessDeniedException: no permission/],
    ["garbage", /answered no signature/],
    ["other-key", /not one of 0x/],
  ] as const) {
    it(`fault K36: says what is wrong (${fault}), and nothing of its credentials`, async () => {
      const signer = await open(fault === "hangs" ? 1_000 : 10_000);
      kms.fault = fault;
      const error = await signer.signDigest(id("x")).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(SignerFailed);
      expect((error as Error).message).to.match(words);
      const { inspect } = await import("node:util");
      const shown = inspect({ error, signer }, { depth: 20, showHidden: true }) + JSON.stringify({ error, signer });
      expect(shown).to.not.match(/canary|AKID/i);
    });
  }
});
