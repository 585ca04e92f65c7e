import { ZeroAddress, toUtf8String } from "ethers";
import { MAX_UINT256, capitalRatioDown, mostDebtDown, subtractOrZero } from "../model/index.js";
import { bpsToWad } from "./amounts.js";
import { type Client, capitalAt, poolAt } from "./client.js";
import { ClientError } from "./errors.js";
import { explainRevert, refusalOf } from "./explain.js";
import { type Facility, facilityOf } from "./facility.js";
import { scanLogs } from "./logs.js";
import { readOpenLoans } from "./openLoans.js";
import type { Token } from "./token.js";
import type { ReadOptions } from "./typedContract.js";

/** First-loss capital against weighted debt. Amounts in units of the loan asset. */
export interface CapitalRatio {
  /** Net asset value of the junior class, losses that were marked counted. */
  readonly junior: bigint;
  /** All debt; in the economic view what the collateral after the haircut does not cover. */
  readonly exposure: bigint;
  readonly riskWeightedAssets: bigint;
  /** Undefined where nothing is weighted. */
  readonly ratioWad: bigint | undefined;
}

/** The economic view, which decides nothing; or why there is none. */
export type EconomicView =
  (CapitalRatio & { readonly refusal?: undefined }) | { readonly ratioWad?: undefined; readonly refusal: string };

/** The capital ratio of one facility. */
export interface FacilityCapital extends CapitalRatio {
  readonly facility: Facility;
  /** The Capital contract that its pool asks. */
  readonly contract: string;
  /** Undefined where nobody assigned the pool: it weighs the most there is. */
  readonly riskClass: string | undefined;
  readonly weightBps: bigint;
  readonly minRatioBps: bigint;
  /** Junior capital that the debt requires. */
  readonly required: bigint;
  /** How much more may be lent by the ratio; undefined for any amount. Cash and caps may stop it earlier. */
  readonly headroom: bigint | undefined;
  readonly economic: EconomicView;
  readonly haircutBps: bigint;
  /** The table of weights in force. */
  readonly table: { readonly version: bigint; readonly effectiveAt: bigint };
  /** The one that will be, where one is set. */
  readonly nextTable: { readonly version: bigint; readonly effectiveAt: bigint } | undefined;
}

/** Several facilities that lend the same asset and ask the same Capital, together. */
export interface BookCapital extends CapitalRatio {
  readonly loan: Token;
  readonly facilities: readonly number[];
  /** Undefined where the economic view of one of them is refused. */
  readonly economic: CapitalRatio | undefined;
}

/** A block that the chain has not reached. */
export class NoSuchBlock extends ClientError {
  constructor(block: number, head: number) {
    super(`there is no block ${block} yet: the chain is at ${head}`);
  }
}

/** All capital ratios as of one block. */
export interface CapitalReport {
  readonly block: number;
  readonly time: bigint;
  readonly facilities: readonly FacilityCapital[];
  /** Those whose pool has no such limit. */
  readonly without: readonly Facility[];
  readonly books: readonly BookCapital[];
}

type RawRatio = {
  readonly junior: bigint;
  readonly exposure: bigint;
  readonly riskWeightedAssets: bigint;
  readonly ratioWad: bigint;
};

const ratioFrom = (raw: RawRatio): CapitalRatio => ({
  ...{ junior: raw.junior, exposure: raw.exposure, riskWeightedAssets: raw.riskWeightedAssets },
  ratioWad: raw.ratioWad === MAX_UINT256 ? undefined : raw.ratioWad,
});

/** ASCII, left-aligned in 32 bytes. */
const textOf = (bytes32: string): string => toUtf8String(bytes32.replace(/(00)+$/, ""));

/** The number of the class that a pool was last assigned to, out of the events: no view says it. */
async function classOf(client: Client, contract: string, pool: string, block: number): Promise<number | undefined> {
  const { provider, deployment } = client;
  const { interface: events } = capitalAt(contract);
  const topics = events.encodeFilterTopics("PoolAssigned", [pool]);
  const logs = await scanLogs(provider, { address: contract, topics }, deployment.fromBlock, block);
  const last = logs.at(-1);
  const assigned = last === undefined ? null : events.parseLog(last);
  return assigned === null ? undefined : Number(assigned.args["riskClass"]);
}

async function economicView(
  client: Client,
  facility: Facility,
  contract: string,
  blockTag: number,
): Promise<EconomicView> {
  const ids = await readOpenLoans(client, facility, blockTag);
  try {
    const capital = capitalAt(contract);
    return ratioFrom(await capital.read(client.provider, "economicRatioOf", [facility.pool, ids], { blockTag }));
  } catch (error) {
    const refused = refusalOf(error, "to value the collateral", { facility });
    if (refused === undefined) throw error;
    return { refusal: explainRevert(refused.data, { facility }) };
  }
}

async function capitalOf(
  client: Client,
  facility: Facility,
  contract: string,
  blockTag: number,
): Promise<FacilityCapital> {
  const { provider } = client;
  const capital = capitalAt(contract);
  const at: ReadOptions = { blockTag };
  const { pool } = facility;
  const [raw, [weightBps, minRatioBps], [version, effectiveAt, classes], last, haircutBps, number, economic] =
    await Promise.all([
      capital.read(provider, "ratioOf", [pool], at),
      capital.read(provider, "termsOf", [pool], at),
      capital.read(provider, "riskWeights", [], at),
      capital.read(provider, "lastVersion", [], at),
      capital.read(provider, "haircutBps", [], at),
      classOf(client, contract, pool, blockTag),
      economicView(client, facility, contract, blockTag),
    ]);
  const required = await capital.read(provider, "requiredJuniorUp", [pool, raw.exposure], at);
  const next = last === version ? undefined : await capital.read(provider, "riskWeightsOf", [last], at);
  const assigned = number === undefined ? undefined : classes[number];
  const most = mostDebtDown(raw.junior, bpsToWad(weightBps), bpsToWad(minRatioBps));
  return {
    ...ratioFrom(raw),
    ...{ facility, contract, weightBps, minRatioBps, required, economic, haircutBps },
    riskClass: assigned === undefined ? undefined : textOf(assigned.name),
    headroom: most === MAX_UINT256 ? undefined : subtractOrZero(most, raw.exposure),
    table: { version, effectiveAt },
    nextTable: next === undefined ? undefined : { version: last, effectiveAt: next[0] },
  };
}

/** The economic views of a book added up, as the contract adds up the regulatory ones. */
function economicBook(parts: readonly FacilityCapital[]): CapitalRatio | undefined {
  const views: CapitalRatio[] = [];
  for (const { economic } of parts) {
    if (economic.refusal !== undefined) return undefined;
    views.push(economic);
  }
  const sum = (of: (view: CapitalRatio) => bigint): bigint => views.reduce((total, view) => total + of(view), 0n);
  const [junior, riskWeightedAssets] = [sum((v) => v.junior), sum((v) => v.riskWeightedAssets)];
  const ratioWad = capitalRatioDown(junior, riskWeightedAssets);
  return ratioFrom({ junior, exposure: sum((v) => v.exposure), riskWeightedAssets, ratioWad });
}

async function booksOf(client: Client, parts: readonly FacilityCapital[], blockTag: number): Promise<BookCapital[]> {
  const groups = new Map<string, FacilityCapital[]>();
  for (const part of parts) {
    const key = `${part.contract} ${part.facility.loan.address}`;
    groups.set(key, [...(groups.get(key) ?? []), part]);
  }
  return Promise.all(
    [...groups.values()].map(async (group) => {
      const [{ contract, facility }] = group as [FacilityCapital, ...FacilityCapital[]];
      const pools = group.map((each) => each.facility.pool);
      const raw = await capitalAt(contract).read(client.provider, "ratioOfBook", [pools], { blockTag });
      return {
        ...ratioFrom(raw),
        loan: facility.loan,
        facilities: group.map((each) => each.facility.id),
        economic: economicBook(group),
      };
    }),
  );
}

/**
 * Capital ratios of one facility, or of all with the books they make, as of a block.
 *
 * @example
 * const { books } = await readCapital(client, { blockTag: 1_000_000 });
 */
export async function readCapital(
  client: Client,
  options: { readonly facility?: number | string; readonly blockTag?: number } = {},
): Promise<CapitalReport> {
  const { provider, deployment } = client;
  const block = await provider.getBlock(options.blockTag ?? "latest");
  if (block === null) throw new NoSuchBlock(options.blockTag ?? 0, await provider.getBlockNumber());
  const blockTag = block.number;
  const known =
    options.facility === undefined
      ? deployment.facilities.map(({ id }) => facilityOf(deployment, id))
      : [facilityOf(deployment, options.facility)];
  const facilities: FacilityCapital[] = [];
  const without: Facility[] = [];
  for (const facility of known) {
    const contract = await poolAt(facility.pool).read(provider, "capital", [], { blockTag });
    if (contract === ZeroAddress) without.push(facility);
    else facilities.push(await capitalOf(client, facility, contract, blockTag));
  }
  const books = options.facility === undefined ? await booksOf(client, facilities, blockTag) : [];
  return { block: blockTag, time: BigInt(block.timestamp), facilities, without, books };
}
