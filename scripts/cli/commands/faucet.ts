import { readFileSync } from "node:fs";
import { Contract, Wallet } from "ethers";
import { z } from "zod";
import { formatAmount, formatCash, parseAmount } from "../../../sdk/client/amounts.js";
import { facilityOf } from "../../../sdk/client/facility.js";
import { minedWithin } from "../../../sdk/client/mined.js";
import { nodeAt } from "../../../sdk/client/network.js";
import type { Token } from "../../../sdk/client/token.js";
import { joined } from "../arguments.js";
import { UsageError } from "../exitCodes.js";
import { pairs } from "../output.js";
import { type Session, addressArgument } from "../session.js";
import { amountJson } from "../views.js";

/** Milliseconds. */
const TIMEOUT = 60_000;

export interface FaucetOptions {
  readonly devnet: string;
  readonly collateral: readonly string[];
  readonly cash: readonly string[];
}

/** As much of DevnetInfo as is needed: the account that holds the devnet's stock of tokens, and where it does. */
const schema = z.object({
  l2: z.object({ rpcUrl: z.url() }),
  accounts: z.object({ deployer: z.object({ privateKey: z.string() }) }),
});

function readDevnet(file: string) {
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new UsageError(`${file} names no devnet: a faucet runs on a local one only (npm run devnet)`, { cause });
  }
}

/** Gives an account tokens of the first facility on a local devnet; anywhere else there is no faucet. */
export async function faucet(session: Session, text: string | undefined, options: FaucetOptions): Promise<void> {
  const { client, output } = session;
  const to = text === undefined ? session.requireAddress() : addressArgument(text, "the account");
  const devnet = readDevnet(options.devnet);
  const { collateral, loan } = facilityOf(client.deployment, client.deployment.facilities[0]?.id ?? 1);
  const btc = parseAmount(joined(options.collateral), collateral);
  const dollars = parseAmount(joined(options.cash), loan);
  const provider = nodeAt(devnet.l2.rpcUrl, client.deployment.chainId);
  try {
    const holder = new Wallet(devnet.accounts.deployer.privateKey, provider);
    if (btc > 0n) await give(holder, collateral, "transfer", to, btc);
    // The devnet's dollar may be minted by anyone; wrapped BTC comes over the bridge only.
    if (dollars > 0n) await give(holder, loan, "mint", to, dollars);
  } finally {
    provider.destroy();
  }
  output.data({ to, given: [amountJson(btc, collateral), amountJson(dollars, loan)] }, () =>
    pairs([[`given to ${to}`, `${formatAmount(btc, collateral)}, ${formatCash(dollars, loan)}`]]),
  );
}

async function give(
  holder: Wallet,
  { address }: Token,
  how: "transfer" | "mint",
  to: string,
  amount: bigint,
): Promise<void> {
  const token = new Contract(address, [`function ${how}(address to, uint256 amount)`], holder);
  const sent = (await token.getFunction(how)(to, amount)) as { hash: string };
  if ((await minedWithin(holder.provider!, sent.hash, 1, TIMEOUT)) === undefined)
    throw new UsageError(`the devnet has not mined ${sent.hash} within ${TIMEOUT / 1000} s: is it still running?`);
}
