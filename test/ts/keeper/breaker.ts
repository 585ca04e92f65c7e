import { expect } from "chai";
import { AbiCoder, Interface } from "ethers";
import {
  loanManagerAbi,
  priceOracleAbi,
  protectionOrdersAbi,
  termLoanManagerAbi,
} from "../../../sdk/client/abi/index.js";
import type { Log, Receipt } from "../../../keeper/chain/node.js";
import { Breaker } from "../../../keeper/dispatch/breaker.js";
import { effectOf } from "../../../keeper/dispatch/effects.js";
import { dispatching, intent, liquidator, loan, manager } from "./support/dispatching.js";

const orders = `0x${"33".repeat(20)}`;
const oracle = `0x${"44".repeat(20)}`;
const stranger = `0x${"55".repeat(20)}`;
const contracts = { managers: [manager], liquidator, orders };

function log(address: string, abi: ConstructorParameters<typeof Interface>[0], name: string, args: unknown[]): Log {
  const { data, topics } = new Interface(abi).encodeEventLog(name, args);
  return {
    ...{ address, topics, data, blockNumber: 1, blockHash: "0x", transactionHash: "0x", logIndex: 0, removed: false },
  };
}
const receipt = (...logs: Log[]): Receipt => ({
  ...{ transactionHash: "0x", blockNumber: 1, blockHash: "0x", status: 1, gasUsed: 1n, effectiveGasPrice: 1n, logs },
});
const liquidated = (name: string, by = liquidator, address = manager): Log =>
  log(address, loanManagerAbi, "Liquidated", [loan(name), by, 1n, 1n, 1n, 1n]);

describe("keeper: what a transaction did", () => {
  it("fault K21: counts the liquidations of its own loans by its own liquidator, in the managers' log", () => {
    const found = (...logs: Log[]): number => effectOf(receipt(...logs), intent("a"), contracts).found;
    expect(found(liquidated("a"))).to.equal(1);
    expect(found()).to.equal(0);
    expect(found(liquidated("b"))).to.equal(0);
    expect(found(liquidated("a", stranger))).to.equal(0);
    expect(found(liquidated("a", liquidator, stranger))).to.equal(0);
  });

  it("fault K21: counts marks, orders and notes each by its own event and contract", () => {
    const found = (kind: "mark" | "order" | "note", one: Log, to = manager): number =>
      effectOf(receipt(one), intent("a", { kind, to }), contracts).found;
    const defaulted = (address: string): Log =>
      log(address, termLoanManagerAbi, "DefaultMarked", [loan("a"), stranger, 1n]);
    expect([found("mark", defaulted(manager)), found("mark", defaulted(stranger))]).to.deep.equal([1, 0]);
    expect(found("mark", log(manager, loanManagerAbi, "Marked", [loan("a"), stranger, 1n]))).to.equal(1);
    const args = [loan("a"), stranger, 2n, stranger, 1n, 0n, 0n, 1n, 1n];
    const executed = (address: string): Log => log(address, protectionOrdersAbi, "OrderExecuted", args);
    expect([found("order", executed(orders)), found("order", executed(manager))]).to.deep.equal([1, 0]);
    const noted = (address: string): Log => log(address, priceOracleAbi, "DisagreementNoted", [1n, 2n, 3n]);
    expect([found("note", noted(oracle), oracle), found("note", noted(stranger), oracle)]).to.deep.equal([1, 0]);
    expect(found("mark", noted(oracle))).to.equal(0);
  });

  it("fault K21: of a bundle, says how many items worked and why the others did not", () => {
    const reason = new Interface(loanManagerAbi).encodeErrorResult("BelowMinDebt", [1n, 2n]);
    const itemFailed = (address: string): Log => ({
      ...liquidated("b"),
      address,
      topics: [
        new Interface(["event ItemFailed(uint256 indexed, bytes)"]).getEvent("ItemFailed")?.topicHash ?? "",
        loan("b"),
      ],
      data: AbiCoder.defaultAbiCoder().encode(["bytes"], [reason]),
    });
    const bundle = intent("a", { subjects: [loan("a"), loan("b")], expectedEvents: 2 });
    expect(effectOf(receipt(liquidated("a"), itemFailed(liquidator)), bundle, contracts)).to.deep.equal({
      expected: 2,
      found: 1,
      failed: [{ subject: loan("b"), why: "BelowMinDebt(1, 2)" }],
    });
    expect(effectOf(receipt(itemFailed(stranger)), bundle, contracts).failed).to.deep.equal([]);
  });

  it("fault K21: what was mined is handed on with what it did", async () => {
    const { chain, step, submit } = await dispatching();
    chain.execute = ({ data }) => ({ status: 1, logs: data === loan("a") ? [liquidated("a")] : [] });
    await submit("a");
    await submit("b");
    const settled = await step(chain.mine());
    expect(settled.map((one) => one.kind === "mined" && one.effect.found)).to.deep.equal([1, 0]);
  });
});

describe("keeper: breaker", () => {
  it("fault K21: three transactions in a row without effect end all sending, for good", () => {
    const breaker = new Breaker();
    for (const outcome of ["no-effect", "no-effect", "done", "no-effect", "no-effect"] as const) {
      breaker.record(intent("a"), outcome, undefined, 1);
      expect(breaker.halted(1)).to.equal("");
    }
    breaker.record(intent("b"), "no-effect", undefined, 1);
    expect(breaker.halted(1)).to.match(/3 transactions in a row succeeded without effect/);
    expect(breaker.halted(1_000_000)).to.match(/until a restart/);
  });

  it("fault K20: structural reverts over three loans in a row rest everything, then one is tried, for longer each time", () => {
    const breaker = new Breaker();
    const fail = (name: string, block: number): void =>
      breaker.record(intent(name), "reverted", "NotOperator(0x1)", block);
    for (const name of ["a", "a", "a", "b"]) fail(name, 10);
    expect(breaker.halted(10), "one loan's own back-off is enough").to.equal("");
    fail("c", 10);
    expect(breaker.halted(10)).to.match(/5 transactions .* reverted in a row \(NotOperator\(0x1\)\).* until block 26/);
    expect(breaker.halted(25)).to.not.equal("");
    expect(breaker.halted(26)).to.equal("");
    breaker.sending(26);
    expect(breaker.halted(27)).to.match(/one transaction is tried/);
    fail("d", 30);
    expect(breaker.halted(61)).to.match(/until block 62/);
    expect(breaker.halted(62)).to.equal("");
    breaker.sending(62);
    breaker.record(intent("d"), "done", undefined, 63);
    expect(breaker.halted(63)).to.equal("");
    fail("e", 64);
    expect(breaker.halted(64)).to.equal("");
  });

  it("fault K20: lost races and moved markets are no faults, and show that the way is open", () => {
    const breaker = new Breaker();
    let names = "";
    for (const outcome of ["reverted", "reverted", "race-lost", "reverted", "market-moved", "reverted"] as const) {
      names += "x";
      breaker.record(intent(names), outcome, undefined, 1);
      expect(breaker.halted(1)).to.equal("");
    }
  });

  it("a trial that ended without saying anything leaves room for another", () => {
    const breaker = new Breaker();
    for (const name of ["a", "b", "c"]) breaker.record(intent(name), "reverted", undefined, 0);
    breaker.sending(16);
    expect(breaker.halted(16)).to.not.equal("");
    breaker.record(intent("a"), "superseded", undefined, 17);
    expect(breaker.halted(17)).to.equal("");
  });

  it("fault K20: while it rests nothing is sent, and then one transaction only, however many are due", async () => {
    const { chain, dispatcher, step, submit } = await dispatching({ lanes: 2 });
    for (const name of ["a", "b", "c"]) dispatcher.breaker.record(intent(name), "reverted", "Paused()", 0);
    expect(dispatcher.halted(0)).to.match(/Paused/);
    expect(await submit("d")).to.include({ ok: false, outcome: "halted" });
    while (chain.block < 16) await step(chain.mine());
    chain.faults = ["rejected"];
    expect((await submit("d")).ok, "it was not sent, so it was no trial").to.equal(false);
    const submitted = await dispatcher.submitAll(
      ["d", "e", "f"].map((name) => intent(name)),
      chain.newest,
    );
    expect(submitted.map(({ ok }) => ok)).to.deep.equal([true, false, false]);
    expect(chain.sends).to.have.length(2);
  });
});
