import { expect } from "chai";
import { RpcError, TransportError } from "../../../keeper/chain/rpcErrors.js";
import { type SendOutcome, isRefusal, sendOutcome } from "../../../keeper/dispatch/sendErrors.js";

/** By outcome: code, words, and whose they are. */
const CASES: Partial<Record<SendOutcome, readonly (readonly [number, string, string])[]>> = {
  accepted: [
    [-32000, "already known", "geth, op-geth, op-reth"],
    [-32000, "known transaction: 5f3b", "geth before 1.10"],
    [-32003, "transaction already imported", "anvil, reth's pool"],
    [-32010, "AlreadyKnown: tx already in mempool", "nethermind"],
    [-32000, "existing tx with same hash", "erigon"],
    [-32000, "mined", "erigon"],
  ],
  "nonce-too-low": [
    [-32000, "nonce too low: next nonce 5, tx nonce 4", "geth, op-geth"],
    [-32000, "nonce too low: address 0x1f, tx: 4 state: 5", "geth"],
    [-32003, "nonce too low", "anvil, reth, erigon"],
    [-32000, "OldNonce", "nethermind"],
    [-32010, "Transaction nonce is too low. Try incrementing the nonce.", "openethereum's heirs"],
  ],
  "nonce-too-high": [
    [-32000, "nonce too high", "geth, reth, anvil"],
    [-32000, "nonce too distant", "erigon"],
    [-32010, "NonceGap", "nethermind"],
    [-32010, "NonceTooFarInFuture, nonce 9", "nethermind"],
    [-32000, "gapped-nonce tx from delegated accounts", "geth 1.15"],
  ],
  "replacement-underpriced": [
    [-32000, "replacement transaction underpriced", "geth, op-geth, op-reth, anvil"],
    [-32000, "insufficient gas price to replace existing transaction", "reth's pool"],
    [-32000, "could not replace existing tx", "erigon"],
    [-32000, "replaced by transaction with higher fee", "erigon"],
    [-32010, "ReplacementNotAllowed, fee increase too small", "nethermind"],
    [-32000, "future transaction tries to replace pending", "geth"],
  ],
  "tip-too-low": [
    [-32000, "transaction underpriced", "geth, reth"],
    [-32000, "transaction underpriced: gas tip cap 1, minimum needed 1000000", "geth, op-geth"],
    [-32000, "underpriced", "erigon"],
    [-32010, "FeeTooLow, Fee below the minimum", "nethermind"],
  ],
  "fee-cap-too-low": [
    [-32000, "max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 7", "geth, anvil"],
    [-32000, "transaction feeCap 7 below chain minimum", "reth's pool"],
  ],
  "insufficient-funds": [
    [-32000, "insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1", "geth, op-geth"],
    [-32003, "Insufficient funds for L1 fee", "anvil --optimism, op-reth"],
    [-32003, "Insufficient funds for gas * price + value", "anvil"],
    [-32010, "InsufficientFunds, Account balance: 0, cumulative cost: 1", "nethermind"],
    [-32000, "insufficient funds for transfer", "reth, erigon"],
  ],
  "gas-limit": [
    [-32000, "exceeds block gas limit", "geth, op-geth, op-reth"],
    [-32000, "transaction gas limit too high (cap: 16777216, tx: 16777217)", "geth 1.16"],
    [-32000, "tx gas limit exceeds the cap", "reth"],
    [-32010, "GasLimitExceeded, Gas limit: 1, gas limit of rejected tx: 2", "nethermind"],
    [-32003, "intrinsic gas too high", "anvil"],
    [-32000, "gas limit is too high", "erigon"],
  ],
  "pool-full": [
    [-32000, "txpool is full", "geth, op-geth, op-reth"],
    [-32000, "pending sub-pool is full", "erigon"],
    [-32000, "transaction discarded outright due to pool size constraints", "reth's pool"],
    [-32000, "account limit exceeded", "geth"],
    [-32000, "spammer", "erigon"],
  ],
  "rate-limited": [
    [-32005, "rate limit", "Infura"],
    [-32005, "daily request count exceeded, request rate limited", "Infura"],
    [429, "Too many requests", "Alchemy"],
    [-32005, "please slow down", "others"],
    [-32000, "project quota reached", "others"],
  ],
  rejected: [
    [-32000, "intrinsic gas too low: gas 100, minimum needed 21000", "geth"],
    [-32000, "invalid sender", "geth, reth"],
    [-32602, "rlp: value size exceeds available input length", "geth"],
    [-32000, "tx fee (1.20 ether) exceeds the configured cap (1.00 ether)", "geth"],
  ],
  unknown: [
    [-32603, "Internal error", "all"],
    [-32000, "Syncing", "nethermind"],
    [-32000, "request timed out", "proxies"],
    [-32000, "backend is unavailable", "proxyd"],
  ],
};

describe("keeper: answers to a send", () => {
  for (const [outcome, cases] of Object.entries(CASES)) {
    it(`fault K13: ${outcome}, as ${cases.length} nodes word it`, () => {
      for (const [code, words, whose] of cases) {
        const error = new RpcError("eth_sendRawTransaction", code, words, undefined);
        expect(sendOutcome(error), `${words} (${whose})`).to.equal(outcome);
      }
    });
  }

  it("fault K15: no answer is not a refusal, nor is one that did not look at the transaction", () => {
    expect(sendOutcome(new TransportError("eth_sendRawTransaction", "none within 5000 ms"))).to.equal("unknown");
    expect(sendOutcome(undefined)).to.equal("accepted");
    for (const outcome of ["accepted", "unknown", "rate-limited"] as const) expect(isRefusal(outcome)).to.equal(false);
    for (const outcome of ["rejected", "nonce-too-low", "pool-full"] as const)
      expect(isRefusal(outcome)).to.equal(true);
  });
});
