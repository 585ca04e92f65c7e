import { expect } from "chai";
import { type RollupFork, calldataGas, rollupFee } from "../../../sdk/model/index.js";
import { type VectorRow, integer, readVectors } from "./vectors.js";

const vectors = readVectors<VectorRow[]>("opfees");

describe("model: rollup fees", () => {
  it("gives the L1 data fee and operator fee of every reference vector, for each of the four forks", () => {
    const seen = new Set<RollupFork>();
    for (const row of vectors) {
      const fork = row["fork"] as RollupFork;
      seen.add(fork);
      const fees = rollupFee(
        fork,
        {
          calldataGas: integer(row, "calldata_gas_units"),
          fastLzSize: integer(row, "fastlz"),
          gas: integer(row, "gas_used"),
        },
        {
          l1BaseFee: integer(row, "l1_base"),
          blobBaseFee: integer(row, "blob_base"),
          baseFeeScalar: integer(row, "base_scalar"),
          blobBaseFeeScalar: integer(row, "blob_scalar"),
        },
        { scalar: integer(row, "op_scalar"), constant: integer(row, "op_const") },
      );
      expect(fees).to.deep.equal({ l1Fee: integer(row, "l1Fee"), operatorFee: integer(row, "operatorFee") });
    }
    expect([...seen].sort()).to.deep.equal(["ecotone", "fjord", "isthmus", "jovian"]);
  });

  it("counts calldata gas by byte", () => {
    expect(calldataGas(Uint8Array.of(0, 0, 0, 1, 255))).to.equal(44n);
  });

  it("charges every transaction for at least 100 bytes since Fjord", () => {
    const l1 = { l1BaseFee: 10n ** 9n, blobBaseFee: 0n, baseFeeScalar: 1_000_000n, blobBaseFeeScalar: 0n };
    const feeOf = (fastLzSize: bigint): bigint =>
      rollupFee("fjord", { calldataGas: 0n, fastLzSize, gas: 0n }, l1, { scalar: 0n, constant: 0n }).l1Fee;
    expect(feeOf(0n)).to.equal(feeOf(170n));
    expect(feeOf(171n) > feeOf(170n)).to.equal(true);
  });
});
