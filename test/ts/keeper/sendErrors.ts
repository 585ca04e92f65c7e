import { expect } from "chai";
import { RpcError, TransportError } from "../../../keeper/chain/rpcErrors.js";
import { type SendOutcome, sendOutcome } from "../../../keeper/dispatch/sendErrors.js";

const CASES: readonly [SendOutcome, number, string][] = [
  ["accepted", -32000, "already known"],
  ["accepted", -32000, "known transaction: 5f3b"],
  ["accepted", -32003, "transaction already imported"],
  ["accepted", -32010, "AlreadyKnown: tx already in mempool"],
  ["nonce-too-low", -32000, "nonce too low: next nonce 5, tx nonce 4"],
  ["nonce-too-low", -32003, "nonce too low"],
  ["nonce-too-low", -32000, "OldNonce"],
  ["nonce-too-low", -32010, "Transaction nonce is too low. Try incrementing the nonce."],
  ["nonce-too-high", -32000, "nonce too high"],
  ["nonce-too-high", -32010, "NonceGap"],
  ["underpriced", -32000, "replacement transaction underpriced"],
  ["underpriced", -32000, "transaction underpriced: gas tip cap 1, minimum needed 1000000"],
  ["underpriced", -32000, "max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 7"],
  ["underpriced", -32010, "FeeTooLow, Fee below the minimum"],
  ["insufficient-funds", -32000, "insufficient funds for gas * price + value: balance 0, tx cost 1"],
  ["insufficient-funds", -32003, "Insufficient funds for L1 fee"],
  ["rejected", -32000, "intrinsic gas too low: gas 100, minimum needed 21000"],
  ["rejected", -32000, "invalid sender"],
  ["rejected", -32602, "rlp: value size exceeds available input length"],
  ["unknown", -32603, "Internal error"],
  ["unknown", -32005, "rate limit"],
  ["unknown", 429, "Too many requests"],
];

describe("keeper: answers to a send", () => {
  for (const [outcome, code, words] of CASES) {
    it(`fault K13: "${words}" is ${outcome}`, () => {
      expect(sendOutcome(new RpcError("eth_sendRawTransaction", code, words, undefined))).to.equal(outcome);
    });
  }

  it("fault K15: no answer is not a refusal", () => {
    expect(sendOutcome(new TransportError("eth_sendRawTransaction", "none within 5000 ms"))).to.equal("unknown");
    expect(sendOutcome(undefined)).to.equal("accepted");
  });
});
