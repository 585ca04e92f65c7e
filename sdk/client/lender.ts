import { getAddress } from "ethers";
import { type Client, trancheAt } from "./client.js";
import { type FacilityState, readFacility } from "./facilityState.js";

/** What a lender holds in a facility's senior tranche, as of one block. Assets in units of the loan asset. */
export interface LenderPosition {
  readonly facility: FacilityState;
  readonly lender: string;
  /** ERC-4626 shares; they have six decimals more than the loan asset. */
  readonly shares: bigint;
  /** What they are worth, rounded down. */
  readonly assets: bigint;
  /** What the pool's cash lets out now. */
  readonly withdrawable: bigint;
}

export async function readLenderPosition(
  client: Client,
  facility: number | string,
  lender: string,
): Promise<LenderPosition> {
  const { provider } = client;
  const blockTag = await provider.getBlockNumber();
  const state = await readFacility(client, facility, { blockTag });
  const tranche = trancheAt(state.tranche);
  const [shares, withdrawable] = await Promise.all([
    tranche.read(provider, "balanceOf", [lender], { blockTag }),
    tranche.read(provider, "maxWithdraw", [lender], { blockTag }),
  ]);
  const assets = await tranche.read(provider, "convertToAssets", [shares], { blockTag });
  return { facility: state, lender: getAddress(lender), shares, assets, withdrawable };
}
