import { expect } from "chai";
import { type ErrorFragment, Interface, type ParamType, ZeroAddress } from "ethers";
import * as abis from "../../../sdk/client/abi/index.js";
import { explainRevert, refusalOf } from "../../../sdk/client/explain.js";
import { encodeLoanId } from "../../../sdk/client/loanIds.js";
import { decodeRevert, revertDataOf } from "../../../sdk/client/revert.js";
import { interfaceOf } from "../../../sdk/client/typedContract.js";

const at = (digit: string): string => `0x${digit.repeat(40)}`;
const facility = {
  id: 1,
  name: "WBTC / USDX",
  kind: "revolving" as const,
  pool: at("1"),
  vault: at("2"),
  tranche: at("3"),
  collateral: { address: at("4"), symbol: "WBTC", decimals: 8 },
  loan: { address: at("5"), symbol: "USDX", decimals: 6 },
};
const price60k = 60_000n * 10n ** 34n;

const manager = interfaceOf(abis.loanManagerAbi);
const revert = (name: string, ...args: unknown[]): string => manager.encodeErrorResult(name, args);

/** A value of a type that stands out in a sentence. */
function sample(type: ParamType): unknown {
  if (type.isArray()) return [sample(type.arrayChildren)];
  if (type.baseType === "address") return at("9");
  if (type.baseType === "string") return "somewhere";
  if (type.baseType === "bool") return true;
  if (type.baseType.startsWith("bytes")) return `0x${"ab".repeat(Number(type.baseType.slice(5) || "4"))}`;
  return type.type === "uint8" ? 1 : 1_234_567n;
}

describe("client: errors in plain words", () => {
  const errors = new Map<string, { contract: Interface; fragment: ErrorFragment }>();
  for (const abi of Object.values(abis)) {
    const contract = interfaceOf(abi);
    contract.forEachError((fragment) => errors.set(fragment.selector, { contract, fragment }));
  }

  it("knows the errors of every contract", () => expect(errors.size).to.be.greaterThan(100));

  for (const { contract, fragment } of errors.values()) {
    it(`says ${fragment.name} in words, with and without knowing the facility`, () => {
      const data = contract.encodeErrorResult(fragment, fragment.inputs.map(sample));
      expect(decodeRevert(data)?.name).to.equal(fragment.name);
      for (const context of [{ facility }, {}]) {
        const sentence = explainRevert(data, context);
        expect(sentence).to.have.length.greaterThan(15);
        expect(sentence).not.to.match(/undefined|NaN|\[object|null/);
        expect(sentence, "nobody reads the error's name").not.to.include(fragment.name);
      }
    });
  }

  it("names debt, collateral, price and limit of an LTV that is too high, and what would do", () => {
    const data = revert("LtvTooHigh", 12_345_670_000n, 10_000_000_000n, 50_000_000n, price60k);
    expect(explainRevert(data, { facility, request: { action: "open", amount: 12_345_670_000n } })).to.equal(
      "the loan would owe 12,345.67 USDX, but 0.5 WBTC at 60,000.00 USDX supports at most 10,000.00 USDX; " +
        "add collateral or borrow at most 10,000.00 USDX",
    );
    expect(explainRevert(data, { facility, request: { action: "draw", amount: 5_000_000_000n } })).to.match(
      /borrow at most 2,654.33 USDX$/,
    );
    expect(explainRevert(data, { facility, request: { action: "draw", amount: 1_000_000n } })).to.match(
      /; add collateral$/,
    );
  });

  it("says how much could be withdrawn instead", () => {
    // 0.5 is left and carries 10,000; owing 12,000 it takes 0.6.
    const data = revert("LtvTooHigh", 12_000_000_000n, 10_000_000_000n, 50_000_000n, price60k);
    expect(explainRevert(data, { facility, request: { action: "withdraw", amount: 30_000_000n } })).to.match(
      /repay some debt or withdraw at most 0.2 WBTC$/,
    );
    expect(explainRevert(data, { facility, request: { action: "withdraw", amount: 5_000_000n } })).to.match(
      /repay some debt first$/,
    );
  });

  it("rounds a debt up and a limit down", () => {
    const eighteen = { ...facility, loan: { ...facility.loan, decimals: 18 } };
    const data = revert("LoanCapExceeded", 10n ** 18n + 1n, 10n ** 18n - 1n);
    expect(explainRevert(data, { facility: eighteen })).to.match(/owe 1.00000001 USDX.*more than 0.99999999 USDX/);
  });

  it("calls loans, contracts, actions and feeds by what they are", () => {
    const id = encodeLoanId({ opener: at("6"), facility: 1, salt: 7n });
    expect(explainRevert(revert("NoSuchLoan", id))).to.include(`1:7 of ${at("6")}`);
    expect(explainRevert(revert("NotAuthorised", at("6"), at("7"), 2))).to.include("may not withdraw for");
    expect(explainRevert(revert("NotOffered", id, at("6"), ZeroAddress))).to.include("offered to nobody");
    expect(explainRevert(revert("NotAllowed", at("6"), at("7"), 3, 2n ** 256n - 1n))).to.match(
      /does not let 0x7+ lend \(it failed to answer\)/,
    );
    const token = interfaceOf(abis.erc20Abi).encodeErrorResult("ERC20InsufficientAllowance", [facility.vault, 0, 5]);
    expect(explainRevert(token, { facility })).to.match(/^the vault \(0x2+\) may take 0 units/);
    const stale = interfaceOf(abis.priceOracleAbi).encodeErrorResult("AnswerStale", [0, 1_583_971_200, 7_500, 4_500]);
    expect(explainRevert(stale)).to.match(
      /^the BTC\/USD feed was last updated 2 h 5 min ago \(2020-03-12 .*1 h 15 min/,
    );
  });

  it("passes on a reason in words, names a panic, and admits what it does not know", () => {
    const reasons = new Interface(["error Error(string)", "error Panic(uint256)"]);
    expect(explainRevert(reasons.encodeErrorResult("Error", ["paused"]))).to.equal("paused");
    expect(explainRevert(reasons.encodeErrorResult("Panic", [0x11]))).to.include("a number left its range");
    expect(explainRevert(reasons.encodeErrorResult("Panic", [0x77]))).to.include("panic 0x77");
    expect(explainRevert("0x")).to.include("without saying why");
    expect(explainRevert("0xdeadbeef01")).to.include("0xdeadbeef01");
    expect(explainRevert(revert("LtvTooHigh", 1, 1, 1, 1).slice(0, 20))).to.include("unknown data");
  });

  it("finds revert data wherever a node or ethers has put it, and never takes calldata for it", () => {
    const data = revert("ZeroAmount");
    const shapes = [
      { data },
      { error: { data } },
      { info: { error: { code: 3, data } } },
      { info: { error: { code: -32603, data: { message: "reverted", data } } } },
      { cause: { error: { data } } },
    ];
    for (const shape of shapes) expect(revertDataOf(shape), JSON.stringify(shape)).to.equal(data);
    expect(revertDataOf({ transaction: { data }, payload: { params: [{ data }] } })).to.equal(undefined);
    expect(revertDataOf("nothing")).to.equal(undefined);
    expect(refusalOf(new Error("fetch failed"), "to draw", {})).to.equal(undefined);
    expect(refusalOf({ data }, "to draw", {})?.message).to.equal(
      "the contracts refuse to draw: the amount is zero: name one above it",
    );
  });
});
