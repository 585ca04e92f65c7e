import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import { calldataGas, fastLzSize, fjordL1Fee, isthmusOperatorFee } from "../../../sdk/model/index.js";

const GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000F";
const L1_BLOCK = "0x4200000000000000000000000000000000000015";
/** The account that relays L1 attributes on every OP-Stack chain. */
const DEPOSITOR = "0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001";
/** The signature's share of a transaction, which the oracle adds to the unsigned one it is given. */
const SIGNATURE_SIZE = 68n;

const l1 = {
  l1BaseFee: 41_234_567_891n,
  blobBaseFee: 7_654_321n,
  baseFeeScalar: 5_227n,
  blobBaseFeeScalar: 1_014_213n,
};
const operator = { scalar: 1_234_567n, constant: 98_765_432_109n };

/** Random bytes, long runs, and transactions as they look: padded words and repeated addresses. */
const data = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 80, size: "max" }),
      fc
        .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 700 }))
        .map(([b, n]) => new Uint8Array(n).fill(b)),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 33, size: "max" }), fc.integer({ min: 1, max: 40 }))
        .map(([word, n]) => Uint8Array.from({ length: word.length * n }, (_, i) => word[i % word.length] ?? 0)),
    ),
    { maxLength: 12, size: "max" },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

/** Bytes without a pattern, always the same; the constants are a linear congruential generator's. */
function noise(length: number): Uint8Array {
  let state = 7;
  return Uint8Array.from({ length }, () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24);
}

const concat = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** What the compressor decides by its limits: how far back, how long, how near the end, and what it remembers. */
function* limits(): Generator<[name: string, bytes: Uint8Array]> {
  const [word, tail] = [noise(400), noise(460).slice(400)];
  for (const distance of [8190, 8191, 8192]) {
    const known = word.slice(0, 20);
    // Zeros between, which leave the table as it is.
    yield [`${distance} bytes back`, concat(known, new Uint8Array(distance - 20), known, tail)];
  }
  for (const length of [3, 8, 9, 10, 11, 263, 264, 265, 266, 270, 271, 272, 273]) {
    const known = word.slice(0, length);
    yield [`${length} bytes again`, concat(known, Uint8Array.of(1, 2, 3, 4), known, tail)];
  }
  for (let end = 0; end < 20; end++) {
    const known = word.slice(0, 5);
    yield [`again ${end} bytes before the end`, concat(word, known, tail.slice(0, end))];
  }
  // Each of 600 words again, twice, in another order: what is found hangs on which of them share a place in the table.
  const words = noise(3_600);
  const wordAt = (at: number): Uint8Array => words.slice(at * 6, at * 6 + 6);
  yield ["words again", concat(words, ...Array.from({ length: 1_200 }, (_, i) => wordAt((i * 7) % 600)), tail)];
  const [known, next] = [word.slice(0, 6), word.slice(20, 24)];
  const found = concat(known, Uint8Array.of(1, 2, 3), known, next);
  yield ["from the last byte of what was found", concat(found, Uint8Array.of(4, 5, 6), known.slice(5), next, tail)];
  yield ["words again, long after", concat(noise(6_000), wordAt(1), wordAt(3), wordAt(1), wordAt(3), tail)];
}

describe("model: compressed size of a transaction", () => {
  it("never exceeds the data and one byte for every 32", () => {
    fc.assert(fc.property(data, (bytes) => fastLzSize(bytes) <= bytes.length + Math.ceil(bytes.length / 32)));
  });

  it("takes literals for what it cannot repeat and little for what it can", () => {
    expect(fastLzSize(new Uint8Array(0))).to.equal(0);
    expect(fastLzSize(Uint8Array.of(1, 2, 3))).to.equal(4);
    // Every three bytes differ, so 256 bytes are eight full runs of literals.
    expect(fastLzSize(Uint8Array.from({ length: 256 }, (_, i) => i))).to.equal(256 + 8);
    expect(fastLzSize(new Uint8Array(10_000)) < 200).to.equal(true);
  });

  it("does not compress noise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 500, maxLength: 2_000, size: "max" }), (bytes) => {
        // fast-check repeats itself on purpose, so its bytes are stirred, as those of `noise` are.
        let state = bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 7);
        const stirred = bytes.map(() => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24);
        expect(fastLzSize(stirred) >= stirred.length).to.equal(true);
      }),
    );
  });

  describe("against the chain's own", () => {
    async function chain() {
      const connection = await network.create({ network: "op", chainType: "op" });
      const { ethers, networkHelpers } = connection;
      await networkHelpers.impersonateAccount(DEPOSITOR);
      await networkHelpers.setBalance(DEPOSITOR, 10n ** 20n);
      const attributes = ethers.solidityPacked(
        [
          "bytes4",
          "uint32",
          "uint32",
          "uint64",
          "uint64",
          "uint64",
          "uint256",
          "uint256",
          "bytes32",
          "bytes32",
          "uint32",
          "uint64",
        ],
        [
          "0x098999be",
          l1.baseFeeScalar,
          l1.blobBaseFeeScalar,
          0n,
          1n,
          1n,
          l1.l1BaseFee,
          l1.blobBaseFee,
          ethers.ZeroHash,
          ethers.ZeroHash,
          operator.scalar,
          operator.constant,
        ],
      );
      await (await ethers.getSigner(DEPOSITOR)).sendTransaction({ to: L1_BLOCK, data: attributes });
      return connection;
    }

    it("agrees with GasPriceOracle.getL1Fee to the wei", async () => {
      const { ethers } = await chain();
      const oracle = new ethers.Contract(
        GAS_PRICE_ORACLE,
        ["function getL1Fee(bytes) view returns (uint256)", "function isFjord() view returns (bool)"],
        ethers.provider,
      );
      expect(await oracle.getFunction("isFjord")()).to.equal(true);
      let aboveTheFloor = 0;
      await fc.assert(
        fc.asyncProperty(data, async (bytes) => {
          const size = BigInt(fastLzSize(bytes)) + SIGNATURE_SIZE;
          if (size > 170n) aboveTheFloor++;
          expect(await oracle.getFunction("getL1Fee")(bytes)).to.equal(fjordL1Fee(size, l1));
        }),
        { numRuns: 80 },
      );
      // Below the floor every size costs the same, and the comparison would prove nothing.
      expect(aboveTheFloor).to.be.greaterThan(25);
    });

    it("agrees with it on either side of every limit of the compressor", async () => {
      const { ethers } = await chain();
      const oracle = new ethers.Contract(
        GAS_PRICE_ORACLE,
        ["function getL1Fee(bytes) view returns (uint256)"],
        ethers.provider,
      );
      for (const [name, bytes] of limits()) {
        // In front, so that all are above the least size, below which every fee is the same.
        const data = concat(noise(1_200).slice(1_000), bytes);
        const size = BigInt(fastLzSize(data)) + SIGNATURE_SIZE;
        expect(await oracle.getFunction("getL1Fee")(data), name).to.equal(fjordL1Fee(size, l1));
      }
    });

    it("predicts what a sent transaction is charged: L1 fee from its signed bytes, operator fee from its gas", async () => {
      const { ethers } = await chain();
      const [sender, receiver] = await ethers.getSigners();
      if (sender === undefined || receiver === undefined) throw new Error("the test network has funded accounts");
      const samples = fc.sample(data, { numRuns: 25, seed: 12 });
      expect(samples.some((bytes) => fastLzSize(bytes) > 300)).to.equal(true);
      for (const bytes of samples) {
        const before = await ethers.provider.getBalance(sender.address);
        // The operator fee is bought at the gas limit and what is unused comes back, so a loose limit must cost nothing.
        const gasLimit = 100_000n + 10n * calldataGas(bytes);
        const sent = await sender.sendTransaction({
          to: receiver.address,
          data: ethers.hexlify(bytes),
          value: 1n,
          gasLimit,
        });
        const receipt = await sent.wait();
        const raw = (await ethers.provider.send("eth_getTransactionReceipt", [sent.hash])) as { l1Fee: string };
        if (receipt === null) throw new Error("the transaction was not mined");
        const signed = ethers.getBytes(ethers.Transaction.from(sent).serialized);
        const l1Fee = fjordL1Fee(BigInt(fastLzSize(signed)), l1);
        expect(BigInt(raw.l1Fee)).to.equal(l1Fee);
        const paid = before - (await ethers.provider.getBalance(sender.address)) - 1n;
        expect(paid).to.equal(
          receipt.gasUsed * receipt.gasPrice + l1Fee + isthmusOperatorFee(receipt.gasUsed, operator),
        );
      }
    });
  });
});
