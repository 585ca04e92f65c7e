import type { JsonRpcProvider } from "ethers";
import { erc20At } from "../../sdk/client/client.js";
import type { Party } from "./parties.js";
import type { Holdings, Snapshot } from "./snapshot.js";

/** Asks both tokens what every party holds at a block of the last hundred or so. */
export async function readSnapshot(
  provider: JsonRpcProvider,
  tokens: { btc: string; usd: string },
  parties: readonly Party[],
  block: number,
): Promise<Snapshot> {
  const holdings = async (token: string): Promise<Holdings> => {
    const contract = erc20At(token);
    const options = { blockTag: block };
    const balances = await Promise.all(
      parties.map(
        async ({ address }) => [address, await contract.read(provider, "balanceOf", [address], options)] as const,
      ),
    );
    return { supply: await contract.read(provider, "totalSupply", [], options), balances: new Map(balances) };
  };
  const timestamp = (await provider.getBlock(block))?.timestamp ?? 0;
  return { block, timestamp, btc: await holdings(tokens.btc), usd: await holdings(tokens.usd) };
}
