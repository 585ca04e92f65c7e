// A liquidation bot as public examples write one: every block it asks the chain about every loan, by one contract that answers
// for many, and sends what pays, one transaction after another, waiting for each. It is the keeper's opponent in
// bench:keeper-race and is meant to be good at what it does: it batches its reads, sells at a quoted price, counts gas, keeps
// a floor under each sale, takes the most valuable loan first, retries, and survives errors.
//
//   BOT_KEY=0x… tsx test/bench/keeperRace/plainBot.ts --deployment out/deployment.json --ether-price 2000
import { Command } from "commander";
import { Contract, type InterfaceAbi, JsonRpcProvider, NonceManager, Wallet, isError, solidityPacked } from "ethers";
import { lensAbi, liquidatorAbi, loanManagerAbi, termLoanManagerAbi } from "../../../sdk/client/abi/index.js";
import type { DeployedFacility } from "../../../sdk/client/deployment.js";
import { readDeployment } from "../../../sdk/client/deploymentFile.js";

/** Loans asked about in one call: about half of what a node's usual gas limit allows. */
const CHUNK = 250;
/** Blocks of logs in one request. */
const LOG_RANGE = 5_000;
const SLIPPAGE_BPS = 50n;
const DEADLINE_SECONDS = 300;
/** Loan units (6 decimals) that must be left after gas. */
const MIN_PROFIT = 1_000_000n;
const GAS_HEADROOM_PERCENT = 20n;

interface Quote {
  readonly repaid: bigint;
  readonly seized: bigint;
  readonly value: bigint;
}

interface Opportunity {
  readonly id: bigint;
  readonly quote: Quote;
  readonly facility: DeployedFacility;
}

const command = new Command("plain-bot")
  .requiredOption("--deployment <file>")
  .requiredOption("--ether-price <dollars>")
  .option("--poll-ms <ms>", "how often to ask for a new block", "20")
  .parse();
const options = command.opts<{ deployment: string; etherPrice: string; pollMs: string }>();

const deployment = readDeployment(options.deployment);
const { uniswap, liquidator: liquidatorAddress, rpc } = deployment;
if (uniswap === undefined || liquidatorAddress === undefined || rpc === undefined) {
  throw new RangeError(`${options.deployment} must name a node, Uniswap and a Liquidator`);
}
const etherPrice = BigInt(options.etherPrice);

const provider = new JsonRpcProvider(rpc, deployment.chainId, { staticNetwork: true, cacheTimeout: -1 });
provider.pollingInterval = Number(options.pollMs);
const signer = new NonceManager(new Wallet(process.env["BOT_KEY"] ?? "", provider));
const contractAt = (address: string, abi: InterfaceAbi | readonly object[]): Contract =>
  new Contract(address, abi, signer);

const managers = [
  contractAt(deployment.loanManager, loanManagerAbi),
  contractAt(deployment.termLoanManager, termLoanManagerAbi),
];
const lens = contractAt(deployment.lens, lensAbi);
const liquidator = contractAt(liquidatorAddress, liquidatorAbi);
const quoter = contractAt(uniswap.quoter, [
  "function quoteExactInput(bytes path, uint256 amountIn) returns (uint256 amountOut, uint160[], uint32[], uint256)",
]);

const loans = new Set<bigint>();
let scannedTo = deployment.fromBlock - 1;

/** New loans since the last look; those that are closed answer with nothing to liquidate. */
async function findLoans(head: number): Promise<void> {
  for (let from = scannedTo + 1; from <= head; from += LOG_RANGE) {
    const to = Math.min(head, from + LOG_RANGE - 1);
    for (const [manager, event] of [
      [managers[0], "Opened"],
      [managers[1], "TermLoanOpened"],
    ] as const) {
      for (const log of (await manager?.queryFilter(event, from, to)) ?? []) loans.add(BigInt(log.topics[1] ?? "0x"));
    }
    scannedTo = to;
  }
}

/** Every loan is asked about, many in one call. */
async function findOpportunities(): Promise<Opportunity[]> {
  const ids = [...loans];
  const chunks = Array.from({ length: Math.ceil(ids.length / CHUNK) }, (_, index) =>
    ids.slice(index * CHUNK, (index + 1) * CHUNK),
  );
  const found = await Promise.all(
    chunks.map(async (chunk) => {
      const [quotes, reasons] = (await lens.getFunction("liquidationQuotes").staticCall(chunk)) as [Quote[], string[]];
      return chunk.flatMap((id, index): Opportunity[] => {
        const quote = quotes[index];
        const facility = deployment.facilities.find((one) => BigInt(one.id) === ((id >> 64n) & 0xffffffffn));
        if (quote === undefined || facility === undefined || reasons[index] !== "0x" || quote.repaid === 0n) return [];
        return [{ id, quote, facility }];
      });
    }),
  );
  return found.flat().sort((a, b) => Number(b.quote.value - a.quote.value));
}

/** Quotes the sale, counts gas, sends and waits. @returns whether it was worth sending */
async function liquidate({ id, quote, facility }: Opportunity): Promise<boolean> {
  const path = solidityPacked(
    ["address", "uint24", "address"],
    [facility.collateralAsset, uniswap?.fee, facility.loanAsset],
  );
  const [proceeds] = (await quoter.getFunction("quoteExactInput").staticCall(path, quote.seized)) as [bigint];
  const profit = proceeds - quote.repaid;
  const block = await provider.getBlock("latest");
  if (block === null || profit <= MIN_PROFIT) return false;

  const floor = profit - (proceeds * SLIPPAGE_BPS) / 10_000n;
  const deadline = block.timestamp + DEADLINE_SECONDS;
  const args = [id, 2n ** 256n - 1n, 0n, path, floor > 0n ? floor : 1n, deadline];
  const send = liquidator.getFunction("liquidate");
  const gas = await send.estimateGas(...args);
  const { maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData();
  const cost = (gas * (maxFeePerGas ?? 0n) * etherPrice * 10n ** 6n) / 10n ** 18n;
  if (profit - cost < MIN_PROFIT) return false;
  const sent = await send.send(...args, {
    gasLimit: (gas * (100n + GAS_HEADROOM_PERCENT)) / 100n,
    maxFeePerGas,
    maxPriorityFeePerGas,
  });
  await sent.wait();
  return true;
}

async function onBlock(head: number): Promise<void> {
  await findLoans(head);
  for (const opportunity of await findOpportunities()) {
    try {
      await liquidate(opportunity);
    } catch (error) {
      process.stderr.write(`${opportunity.id.toString(16)}: ${textOf(error)}\n`);
      // After a failed send the manager would go on from a nonce that was never used.
      signer.reset();
    }
  }
}

const textOf = (error: unknown): string =>
  isError(error, "CALL_EXCEPTION") ? error.shortMessage : error instanceof Error ? error.message : String(error);

let newest = -1;
let isBusy = false;
process.stdout.write("ready\n");
/** A block that comes while the last is being worked on waits, and only the newest does. */
async function work(): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  for (let done = -1; done < newest;) {
    done = newest;
    await onBlock(done).catch((error: unknown) => {
      process.stderr.write(`block ${done}: ${textOf(error)}\n`);
    });
  }
  isBusy = false;
}
await provider.on("block", (block: number) => {
  newest = block;
  void work();
});
