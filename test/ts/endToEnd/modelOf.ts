import {
  type Abi,
  type Client,
  erc20Abi,
  facilityOf,
  interfaceOf,
  lendingPoolAbi,
  loanManagerAbi,
  scanLogs,
  trancheAbi,
} from "../../../sdk/index.js";
import { type ModelEvent, type World, replay, toAddress, toModelEvent } from "../../../sdk/model/machine/index.js";

/** The model's state from a facility's log alone: manager, pool, tranche and both tokens, since the chain's first block. */
export async function modelOf({ provider, deployment }: Client, facility: number): Promise<World> {
  const { pool, tranche, vault, collateral, loan } = facilityOf(deployment, facility);
  const abis = new Map<string, Abi>([
    [toAddress(deployment.loanManager), loanManagerAbi],
    [toAddress(pool), lendingPoolAbi],
    [toAddress(tranche), trancheAbi],
    [toAddress(collateral.address), erc20Abi],
    [toAddress(loan.address), erc20Abi],
  ]);
  const logs = await scanLogs(provider, { address: [...abis.keys()] }, 0, await provider.getBlockNumber());
  const blocks = [...new Set(logs.map(({ blockNumber }) => blockNumber))];
  const timestamps = new Map(
    await Promise.all(blocks.map(async (number) => [number, (await provider.getBlock(number))?.timestamp] as const)),
  );
  const events: ModelEvent[] = [];
  for (const { address, topics, data, blockNumber } of logs) {
    const found = interfaceOf(abis.get(toAddress(address)) ?? []).parseLog({ topics: [...topics], data });
    // Of the genuine bridged token's events the model knows those of every ERC-20.
    if (found === null) continue;
    const timestamp = BigInt(timestamps.get(blockNumber) ?? 0);
    const event = toModelEvent({ name: found.name, emitter: address, timestamp, args: found.args.toObject(true) });
    if (event !== undefined) events.push(event);
  }
  const asset = toAddress(loan.address);
  return replay(
    {
      manager: toAddress(deployment.loanManager),
      pools: new Map([[toAddress(pool), { asset, senior: toAddress(tranche), fixedRatePerSecond: 0n }]]),
      vaults: new Map([[toAddress(vault), { asset: toAddress(collateral.address) }]]),
    },
    events,
  );
}
