import { network } from "hardhat";
import { type Client, createClient } from "../../../sdk/client/client.js";
import { parseDeployment } from "../../../sdk/client/deployment.js";
import { type MarketOptions, deployMarket, deploymentOf } from "../fixtures/market.js";

/** A facility with 100,000 lent to it, four accounts that hold nothing, and a client of it, on a chain of its own. */
export async function clientMarket(options: MarketOptions = {}) {
  const { ethers, provider } = await network.create("op");
  const [deployer, lender, borrower, other, third] = await ethers.getSigners();
  if (!deployer || !lender || !borrower || !other || !third) throw new Error("the test network has no accounts");
  const market = await deployMarket(deployer, options);
  await market.lend(lender, market.cash(100_000n));
  const client: Client = createClient(ethers.provider, parseDeployment(await deploymentOf(10, market)));
  const rpc = (method: string, ...params: unknown[]): Promise<unknown> => provider.request({ method, params });
  return { client, market, deployer, lender, borrower, other, third, ethers, rpc };
}

/** What an action that has to fail was refused with. */
export async function rejection(action: Promise<unknown>): Promise<Error> {
  try {
    await action;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`rejected with something that is no error: ${String(error)}`);
  }
  throw new Error("it did not fail");
}
