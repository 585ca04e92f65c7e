import { expect } from "chai";
import { JsonRpcProvider, Network, toBeHex, zeroPadValue } from "ethers";
import { planDraw, planOpen, planRepay } from "../../../sdk/client/actions/index.js";
import { NotDeployed, WrongNetwork, checkNetwork, createClient } from "../../../sdk/client/client.js";
import { costOf } from "../../../sdk/client/cost.js";
import { ContractRefused } from "../../../sdk/client/explain.js";
import { scanLogs } from "../../../sdk/client/logs.js";
import { NodeUnreachable, TooLittleEther, networkFault, nodeAt } from "../../../sdk/client/network.js";
import { readLoan } from "../../../sdk/client/loanState.js";
import { NotConfirmed, type Progress, TransactionFailed, sendPlan } from "../../../sdk/client/send.js";
import { simulate } from "../../../sdk/client/simulate.js";
import { stepsOf, stepsWithPermits } from "../../../sdk/client/steps.js";
import { clientMarket, rejection } from "./support.js";

const L1_ATTRIBUTES_DEPOSITOR = "0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001";
const L1_BLOCK = "0x4200000000000000000000000000000000000015";

/** setL1BlockValuesIsthmus: an L1 base fee of 30 gwei, a blob base fee of 1 gwei, scalars as on OP Mainnet. */
function isthmusAttributes(): string {
  const word = (value: bigint, bytes: number) => toBeHex(value, bytes).slice(2);
  return (
    "0x098999be" +
    word(1_368n, 4) + // base fee scalar
    word(810_949n, 4) + // blob base fee scalar
    word(0n, 8) + // sequence number
    word(1_700_000_000n, 8) + // L1 timestamp
    word(20_000_000n, 8) + // L1 block
    word(30_000_000_000n, 32) +
    word(1_000_000_000n, 32) +
    word(1n, 32) + // L1 block's hash
    zeroPadValue(L1_ATTRIBUTES_DEPOSITOR, 32).slice(2) +
    word(0n, 4) + // operator fee scalar
    word(50_000_000_000n, 8) // operator fee constant
  );
}

describe("client: simulating, pricing and sending", () => {
  async function readyToOpen() {
    const world = await clientMarket();
    const { market, client, borrower } = world;
    await market.collateral.mint(borrower.address, market.btc(1n));
    const request = {
      from: borrower.address,
      facility: 1,
      collateral: market.btc(1n),
      principal: market.cash(10_000n),
    };
    return { ...world, request, plan: await planOpen(client, request) };
  }

  it("simulates an action before its approval exists, and finds everything else that is wrong with it", async () => {
    const { client, market, plan, request } = await readyToOpen();
    const { gas } = await simulate(client, plan, stepsOf(client, plan));
    expect(gas[0]).to.be.greaterThan(30_000n);
    const tooMuch = await planOpen(client, { ...request, principal: market.cash(50_000n) });
    const refused = await rejection(simulate(client, tooMuch, stepsOf(client, tooMuch)));
    expect(refused).to.be.instanceOf(ContractRefused);
    expect(refused.message).to.include("supports at most 45,000.00 USDX");
    expect(await client.provider.getTransactionCount(request.from)).to.equal(0);
  });

  it("puts a permit into the action's own transaction where the token has permits", async () => {
    const { client, market, borrower, plan, request } = await readyToOpen();
    const steps = await stepsWithPermits(client, plan, borrower);
    expect(steps).to.have.length(1);
    const { gas, extent } = await simulate(client, plan, steps);
    expect(extent).to.equal("complete");
    const { receipts } = await sendPlan(client, borrower, plan, { approvals: "permit" });
    expect(receipts).to.have.length(1);
    expect(receipts[0]?.gasUsed).to.be.closeTo(gas[0] ?? 0n, 30_000n);
    expect(await market.manager.ownerOf(plan.loanId ?? 0n)).to.equal(request.from);
  });

  it("fault C35: a permit somebody else used first does not stop the action", async () => {
    const { client, market, borrower, third, plan } = await readyToOpen();
    const [step] = await stepsWithPermits(client, plan, borrower);
    const [permitCall] = client.manager.interface.decodeFunctionData(
      "multicall",
      step?.transaction.data ?? "",
    )[0] as string[];
    const [token, spender, value, deadline, v, r, s] = client.manager.interface.decodeFunctionData(
      "permit",
      permitCall ?? "",
    );
    expect(token).to.equal(await market.collateral.getAddress());
    await market.collateral.connect(third).permit(borrower.address, spender, value, deadline, v, r, s);
    await borrower.sendTransaction({ ...step?.transaction });
    expect(await market.manager.ownerOf(plan.loanId ?? 0n)).to.equal(borrower.address);
  });

  it("prices a transaction as the chain then charges it, the L1 fee included", async () => {
    const { client, borrower, ethers, rpc, plan } = await readyToOpen();
    await rpc("hardhat_setBalance", L1_ATTRIBUTES_DEPOSITOR, toBeHex(10n ** 18n));
    await rpc("hardhat_impersonateAccount", L1_ATTRIBUTES_DEPOSITOR);
    const depositor = await ethers.getSigner(L1_ATTRIBUTES_DEPOSITOR);
    await depositor.sendTransaction({ to: L1_BLOCK, data: isthmusAttributes() });
    const [step] = await stepsWithPermits(client, plan, borrower);
    const estimate = await client.provider.estimateGas({ ...step!.transaction });
    const cost = await costOf(client, step!.transaction, estimate);
    const sent = await borrower.sendTransaction({ ...step!.transaction });
    const receipt = (await rpc("eth_getTransactionReceipt", sent.hash)) as { l1Fee: string };
    const charged = BigInt(receipt.l1Fee);
    expect(charged).to.be.greaterThan(10n ** 10n);
    // The nonce, the fees and the signature are not known before; they are a few bytes of some hundred.
    expect(cost.l1Fee).to.be.closeTo(charged, (charged * 3n) / 100n);
    expect(cost.operatorFee).to.equal(50_000_000_000n);
    expect(cost.total).to.equal(cost.l2Fee + cost.l1Fee + cost.operatorFee);
    expect(cost.l2Fee).to.equal(cost.gas * cost.gasPrice);
  });

  it("reports each transaction as it goes", async () => {
    const { client, borrower, plan } = await readyToOpen();
    const seen: string[] = [];
    const onProgress = ({ step, of, what, state }: Progress) => seen.push(`${step}/${of} ${what}: ${state}`);
    await sendPlan(client, borrower, plan, { onProgress });
    expect(seen).to.deep.equal([
      "1/2 approve the vault for 1 WBTC: sending",
      "1/2 approve the vault for 1 WBTC: sent",
      "1/2 approve the vault for 1 WBTC: mined",
      "2/2 open: sending",
      "2/2 open: sent",
      "2/2 open: mined",
    ]);
  });

  it("gives up waiting after a time, and names the transaction that may still be mined", async () => {
    const { client, borrower, rpc, plan } = await readyToOpen();
    await rpc("evm_setAutomine", false);
    const waiting = await rejection(sendPlan(client, borrower, plan, { timeout: 300 }));
    expect(waiting).to.be.instanceOf(NotConfirmed);
    expect(waiting.message).to.match(/\(0x[0-9a-f]{64}\) was sent but is not mined after 0.3 s/);
  });

  it("hears of a transaction mined while it looked, though no other block follows", async () => {
    const { client, market, borrower, request, rpc, plan } = await readyToOpen();
    await rpc("evm_setAutomine", false);
    /** Mines a transaction just before its receipt is asked for the first time, and never again. */
    class MinesOnce extends JsonRpcProvider {
      private readonly looked = new Set<unknown>();

      override async send(method: string, params: unknown[]): Promise<unknown> {
        const [hash] = params;
        if (method === "eth_getTransactionReceipt" && !this.looked.has(hash)) {
          this.looked.add(hash);
          await rpc("evm_mine");
        }
        return rpc(method, ...params);
      }
    }
    const network = Network.from(client.deployment.chainId);
    const node = new MinesOnce("http://127.0.0.1:9", network, { staticNetwork: true, cacheTimeout: -1 });
    try {
      await sendPlan(createClient(node, client.deployment), borrower, plan, { timeout: 5_000 });
    } finally {
      node.destroy();
    }
    expect(await market.manager.ownerOf(plan.loanId ?? 0n)).to.equal(request.from);
  });

  it("explains a transaction that was mined but failed", async () => {
    const { client, market, borrower, deployer, rpc } = await clientMarket();
    const id = await market.open(borrower, market.btc(1n), market.cash(10_000n));
    const draw = await planDraw(client, { from: borrower.address, id, assets: market.cash(30_000n) });
    await rpc("evm_setAutomine", false);
    const sending = rejection(sendPlan(client, borrower, draw, { timeout: 20_000 }));
    const pending = async () =>
      ((await rpc("eth_getBlockByNumber", "pending", false)) as { transactions: string[] }).transactions.length;
    while ((await pending()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    // The price falls in the same block, ahead of the draw by its higher fee.
    await market.oracle
      .connect(deployer)
      .setPrice(market.priceE36(40_000n), { maxPriorityFeePerGas: 10n ** 11n, maxFeePerGas: 10n ** 12n });
    await rpc("evm_mine");
    const failed = await sending;
    expect(failed).to.be.instanceOf(ContractRefused);
    expect(failed.message).to.match(
      /would owe 40,000.\d+ USDX, but 1 WBTC at 40,000.00 USDX supports at most 30,000.00 USDX/,
    );
  });

  it("says so when a failed transaction would pass now", async () => {
    const { client, market, borrower, deployer, rpc } = await clientMarket();
    const id = await market.open(borrower, market.btc(1n), market.cash(10_000n));
    const draw = await planDraw(client, { from: borrower.address, id, assets: market.cash(30_000n) });
    await rpc("evm_setAutomine", false);
    const sending = rejection(sendPlan(client, borrower, draw, { timeout: 20_000 }));
    const pending = async () =>
      ((await rpc("eth_getBlockByNumber", "pending", false)) as { transactions: string[] }).transactions.length;
    while ((await pending()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const fees = (gwei: bigint) => ({ maxPriorityFeePerGas: gwei * 10n ** 9n, maxFeePerGas: 10n ** 12n });
    const oracle = market.oracle.connect(deployer);
    const nonce = await deployer.getNonce();
    await oracle.setPrice(market.priceE36(40_000n), { ...fees(100n), nonce, gasLimit: 100_000 });
    await oracle.setPrice(market.priceE36(60_000n), {
      maxPriorityFeePerGas: 1n,
      maxFeePerGas: 10n ** 12n,
      nonce: nonce + 1,
      gasLimit: 100_000,
    });
    await rpc("evm_mine");
    expect(await sending).to.be.instanceOf(TransactionFailed);
  });

  it("repays everything although interest runs on between approving and paying", async () => {
    const { client, market, borrower, rpc } = await clientMarket();
    const id = await market.open(borrower, market.btc(1n), market.cash(10_000n));
    await market.loan.mint(borrower.address, market.cash(100n));
    await market.loan.connect(borrower).approve(await market.pool.getAddress(), 0);
    const plan = await planRepay(client, { from: borrower.address, id, assets: "most" });
    expect(plan.needs.map(({ kind }) => kind)).to.deep.equal(["approval"]);
    await rpc("evm_increaseTime", 3_600);
    await sendPlan(client, borrower, plan);
    expect((await readLoan(client, id)).debt).to.equal(0n);
  });
});

describe("client: nodes that are wrong or in trouble", () => {
  it("names both chains when the node is of another one, and a deployment it knows nothing of", async () => {
    const { client } = await clientMarket();
    await checkNetwork(client);
    const elsewhere = createClient(client.provider, { ...client.deployment, chainId: 901, network: "devnet" });
    const wrong = await rejection(checkNetwork(elsewhere));
    expect(wrong).to.be.instanceOf(WrongNetwork);
    expect(wrong.message).to.match(/on chain 10, but the deployment "devnet" is on chain 901/);
    const gone = createClient(client.provider, { ...client.deployment, loanManager: `0x${"7".repeat(40)}` });
    const missing = await rejection(checkNetwork(gone));
    expect(missing).to.be.instanceOf(NotDeployed);
    expect(missing.message).to.include(`no LoanManager at 0x${"7".repeat(40)}`);
  });

  it("gives up on a node that is not there, within seconds", async () => {
    const started = Date.now();
    const error = await rejection(nodeAt("http://127.0.0.1:9", 10).getBlockNumber());
    expect(networkFault(error, "http://127.0.0.1:9")).to.be.instanceOf(NodeUnreachable);
    expect(Date.now() - started).to.be.lessThan(5_000);
    expect(networkFault(new Error("something else"))).to.equal(undefined);
    expect(networkFault(new Error("sender doesn't have enough funds to send tx"))).to.be.instanceOf(TooLittleEther);
  });

  it("asks for fewer blocks at once until the node serves them, and misses and doubles nothing", async () => {
    const asked: [number, number][] = [];
    const provider = new JsonRpcProvider("http://127.0.0.1:9", Network.from(10), { staticNetwork: true });
    provider.getLogs = (filter) => {
      const { fromBlock, toBlock } = filter as { fromBlock: number; toBlock: number };
      asked.push([fromBlock, toBlock]);
      if (toBlock - fromBlock >= 700) return Promise.reject(new Error("query exceeds max block range 700"));
      return Promise.resolve([{ blockNumber: fromBlock }, { blockNumber: toBlock }] as never);
    };
    const logs = await scanLogs(provider, {}, 10, 5_000);
    const served = asked.filter(([from, to]) => to - from < 700);
    expect(served[0]?.[0]).to.equal(10);
    expect(served.at(-1)?.[1]).to.equal(5_000);
    served.slice(1).forEach(([from], index) => expect(from).to.equal((served[index]?.[1] ?? 0) + 1));
    expect(logs).to.have.length(served.length * 2);
    provider.getLogs = () => Promise.reject(new Error("internal error"));
    expect((await rejection(scanLogs(provider, {}, 0, 100))).message).to.equal("internal error");
  });
});
