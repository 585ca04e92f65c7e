import { ZeroAddress } from "ethers";
import { bpsToWad } from "./amounts.js";
import { mostDrawable } from "./actions/situation.js";
import type { Client } from "./client.js";
import { type FacilityState, annualRate, readFacility } from "./facilityState.js";
import { type Outlook, leastCollateralUp, outlookOf } from "./outlook.js";

/** What a loan would look like if it were opened now. Amounts in smallest units, fractions in WAD. */
export interface LoanQuote {
  readonly facility: FacilityState;
  readonly collateral: bigint;
  /** Most that can be borrowed against the collateral, with room for what happens until the transaction is mined. */
  readonly most: bigint;
  /** The principal the rest is about: what was asked for, else `most`. */
  readonly principal: bigint;
  /** Least collateral that carries the principal; undefined while the oracle refuses a price. */
  readonly leastCollateral: bigint | undefined;
  readonly maxLtvWad: bigint;
  readonly outlook: Outlook;
  /** Rate a year that all would pay once it is lent; undefined where the pool has not that much cash. */
  readonly rate: { readonly nominalWad: bigint; readonly effectiveWad: bigint } | undefined;
}

/**
 * A what-if: most that can be borrowed, liquidation price, rate.
 *
 * @param request.owner whom the facility's gate is asked about; a gated facility lends nothing to nobody
 * @example
 * const { most, outlook } = await quoteLoan(client, { facility: 1, collateral: 50_000_000n });
 */
export async function quoteLoan(
  client: Client,
  request: { facility: number | string; collateral: bigint; principal?: bigint; owner?: string },
): Promise<LoanQuote> {
  const { provider, lens } = client;
  const blockTag = await provider.getBlockNumber();
  const facility = await readFacility(client, request.facility, { blockTag });
  const { collateral, owner = ZeroAddress } = request;
  const id = BigInt(facility.id);
  const borrowable = await lens.read(provider, "mostBorrowable", [id, owner, collateral], { blockTag });
  const most = mostDrawable(facility, borrowable, 0n);
  const principal = request.principal ?? most;
  const rateAfter =
    principal <= facility.cash
      ? await lens.read(provider, "borrowRateAfter", [id, principal], { blockTag })
      : undefined;
  return {
    facility,
    collateral,
    most,
    principal,
    leastCollateral: leastCollateralUp(facility, principal),
    maxLtvWad: bpsToWad(facility.maxLtvBps),
    outlook: outlookOf(facility, collateral, principal),
    rate: rateAfter === undefined ? undefined : annualRate(rateAfter),
  };
}
