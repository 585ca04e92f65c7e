import { Contract, type JsonRpcApiProvider, type Provider, ZeroAddress, parseUnits } from "ethers";
import { fixedRatePerSecondDown } from "../sdk/model/fixedRate.js";
import { InvalidParameters, PreflightFailed } from "./errors.js";
import type { FacilityParameters, LegParameters, OracleParameters, Parameters } from "./parameters.js";

/** Parameters in the contracts' own units, once the chain has said how many decimals everything has. */
export interface Plan {
  parameters: Parameters;
  facilities: FacilityPlan[];
  tokens: Record<string, { symbol: string; decimals: number }>;
}

/** What all tranches of a facility are seeded with together. */
export const seedsOf = ({ parameters, seedAssets }: FacilityPlan): bigint =>
  parameters.firstLoss ? 3n * seedAssets : seedAssets;

export interface FacilityPlan {
  parameters: FacilityParameters;
  /** address 0 lets everybody in */
  gate: string;
  /** WAD; 0 = adaptive curve */
  fixedRatePerSecond: bigint;
  minDebt: bigint;
  cap: bigint;
  loanCap: bigint;
  /** of each tranche */
  seedAssets: bigint;
  /** TermSheet of the contracts; none of a revolving facility */
  termSheets: TermSheetPlan[];
  /** index of the facility's risk class; 0 without a capital ratio */
  riskClass: number;
  oracle: OraclePlan;
}

/** TermSheet of TermLoanTypes.sol. */
export type TermSheetPlan = {
  intervalSeconds: number;
  count: number;
  graceSeconds: number;
  latePremiumBps: number;
  prepaymentFeeBps: number;
  balloonBps: number;
  spreadBps: number;
  lateFee: bigint;
  retired: boolean;
};

/** OracleConfig of the contracts, but for the second source's address, which may still have to be deployed. */
export type OraclePlan = {
  legs: {
    collateralAsset: string;
    loanAsset: string;
    btcUsd: LegPlan;
    wrapperBtc: LegPlan;
    wrapperUsd: LegPlan;
    loanUsd: LegPlan;
    loanAtPar: boolean;
  };
  sequencer: { feed: string; cap: bigint };
  secondSource: { pool: string; window: bigint; limitWad: bigint; cap: bigint } | undefined;
  reserves: { reservesFeed: string; supplyFeed: string; reservesMaxAge: bigint; supplyMaxAge: bigint };
  sanity: { minWad: bigint; maxWad: bigint };
};

/** LegConfig of the contracts; all zero where the leg is absent. */
export type LegPlan = {
  feed: string;
  heartbeat: bigint;
  buffer: bigint;
  minAnswer: bigint;
  maxAnswer: bigint;
};

const NO_LEG: LegPlan = { feed: ZeroAddress, heartbeat: 0n, buffer: 0n, minAnswer: 0n, maxAnswer: 0n };
const WAD_DECIMALS = 18;
const BPS_TO_WAD = 10n ** 14n;
/** FacilityRules.sol would refuse others, after most of the gas was spent. */
const MIN_TOKEN_DECIMALS = 6;
const MAX_TOKEN_DECIMALS = 18;
const UINT80 = 2n ** 80n - 1n;
const UINT96 = 2n ** 96n - 1n;

/** Asks the chain what the parameters point to, and refuses what is not there. Sends nothing. */
export async function makePlan(parameters: Parameters, provider: JsonRpcApiProvider): Promise<Plan> {
  const chainId = Number(await provider.send("eth_chainId", []));
  if (chainId !== parameters.chainId) {
    throw new PreflightFailed(
      `The parameters are for ${parameters.network}, chain ${parameters.chainId}; the node is on chain ${chainId}.`,
    );
  }
  const chain = new Reader(provider);
  const plan: Plan = { parameters, facilities: [], tokens: {} };
  for (const [index, facility] of parameters.facilities.entries()) {
    const path = `facilities.${index}`;
    for (const asset of ["collateralAsset", "loanAsset"] as const) {
      plan.tokens[facility[asset]] ??= await chain.token(`${path}.${asset}`, facility[asset]);
    }
    plan.facilities.push(await planFacility(chain, facility, parameters.capital?.classes ?? [], plan.tokens, path));
  }
  for (const key of ["router", "quoter", "factory"] as const) {
    await chain.code(`uniswap.${key}`, parameters.uniswap[key]);
  }
  if (!parameters.local) await chain.safe("governance.safe", parameters.governance.safe);
  return plan;
}

async function planFacility(
  chain: Reader,
  f: FacilityParameters,
  classes: readonly { name: string }[],
  tokens: Plan["tokens"],
  path: string,
): Promise<FacilityPlan> {
  const decimals = tokens[f.loanAsset]?.decimals ?? 0;
  const units = (field: "minDebt" | "cap" | "loanCap" | "seed", most: bigint): bigint => {
    const value = scaled(f[field], decimals, `${path}.${field}`);
    if (value === 0n || value > most) {
      throw new InvalidParameters(`${path}.${field}: ${f[field]} is ${value} units, which must be from 1 to ${most}`);
    }
    return value;
  };
  if (f.gate !== "open") await chain.code(`${path}.gate`, f.gate);
  const fixedRatePerSecond =
    f.rate === "adaptive curve" ? 0n : fixedRatePerSecondDown(scaled(f.rate.fixedAnnualPercent, 16, `${path}.rate`));
  if (f.rate !== "adaptive curve" && fixedRatePerSecond === 0n) {
    throw new InvalidParameters(`${path}.rate.fixedAnnualPercent: 0 would mean the adaptive curve`);
  }
  return {
    parameters: f,
    gate: f.gate === "open" ? ZeroAddress : f.gate,
    fixedRatePerSecond,
    minDebt: units("minDebt", UINT80),
    cap: units("cap", UINT96),
    loanCap: units("loanCap", UINT96),
    seedAssets: units("seed", UINT96),
    termSheets: (f.termSheets ?? []).map((sheet, index) => ({
      ...sheet,
      lateFee: scaled(sheet.lateFee, decimals, `${path}.termSheets.${index}.lateFee`),
      retired: false,
    })),
    riskClass: Math.max(
      0,
      classes.findIndex(({ name }) => name === f.capital?.riskClass),
    ),
    oracle: await planOracle(chain, f, `${path}.oracle`),
  };
}

async function planOracle(chain: Reader, f: FacilityParameters, path: string): Promise<OraclePlan> {
  const o: OracleParameters = f.oracle;
  if (o.secondSource !== "none") await chain.code(`${path}.secondSource.uniswapV3Pool`, o.secondSource.uniswapV3Pool);
  if (o.sequencer !== "none") await chain.code(`${path}.sequencer.feed`, o.sequencer.feed);
  return {
    legs: {
      collateralAsset: f.collateralAsset,
      loanAsset: f.loanAsset,
      btcUsd: await planLeg(chain, o.btcUsd, `${path}.btcUsd`),
      wrapperBtc: await planLeg(chain, o.wrapperBtc, `${path}.wrapperBtc`),
      wrapperUsd: await planLeg(chain, o.wrapperUsd, `${path}.wrapperUsd`),
      loanUsd: await planLeg(chain, o.loanUsd === "par" ? undefined : o.loanUsd, `${path}.loanUsd`),
      loanAtPar: o.loanUsd === "par",
    },
    sequencer:
      o.sequencer === "none"
        ? { feed: ZeroAddress, cap: 0n }
        : { feed: o.sequencer.feed, cap: BigInt(o.sequencer.capSeconds) },
    secondSource:
      o.secondSource === "none"
        ? undefined
        : {
            pool: o.secondSource.uniswapV3Pool,
            window: BigInt(o.secondSource.windowSeconds),
            limitWad: BigInt(o.secondSource.limitBps) * BPS_TO_WAD,
            cap: BigInt(o.secondSource.capSeconds),
          },
    reserves:
      o.reserves === "none"
        ? { reservesFeed: ZeroAddress, supplyFeed: ZeroAddress, reservesMaxAge: 0n, supplyMaxAge: 0n }
        : {
            reservesFeed: o.reserves.reservesFeed,
            supplyFeed: o.reserves.supplyFeed,
            reservesMaxAge: BigInt(o.reserves.reservesMaxAgeSeconds),
            supplyMaxAge: BigInt(o.reserves.supplyMaxAgeSeconds),
          },
    sanity: {
      minWad: scaled(o.sanity.least, WAD_DECIMALS, `${path}.sanity.least`),
      maxWad: scaled(o.sanity.most, WAD_DECIMALS, `${path}.sanity.most`),
    },
  };
}

async function planLeg(chain: Reader, leg: LegParameters | undefined, path: string): Promise<LegPlan> {
  if (leg === undefined) return NO_LEG;
  const decimals = await chain.decimals(`${path}.feed`, leg.feed);
  return {
    feed: leg.feed,
    heartbeat: BigInt(leg.heartbeatSeconds),
    buffer: BigInt(leg.bufferSeconds),
    minAnswer: scaled(leg.least, decimals, `${path}.least`),
    maxAnswer: scaled(leg.most, decimals, `${path}.most`),
  };
}

function scaled(text: string, decimals: number, path: string): bigint {
  try {
    return parseUnits(text, decimals);
  } catch (cause) {
    throw new InvalidParameters(`${path}: ${text} has more than ${decimals} decimals`, { cause });
  }
}

/** Questions to what the parameters name, each answered or refused with the parameter's path. */
class Reader {
  constructor(private readonly provider: Provider) {}

  async code(path: string, address: string): Promise<void> {
    if ((await this.provider.getCode(address)) === "0x") {
      throw new PreflightFailed(`${path}: there is no contract at ${address}`);
    }
  }

  async token(path: string, address: string): Promise<{ symbol: string; decimals: number }> {
    const decimals = await this.decimals(path, address);
    if (decimals < MIN_TOKEN_DECIMALS || decimals > MAX_TOKEN_DECIMALS) {
      const range = `${MIN_TOKEN_DECIMALS} to ${MAX_TOKEN_DECIMALS}`;
      throw new PreflightFailed(`${path}: ${address} has ${decimals} decimals; facilities take tokens with ${range}`);
    }
    return { symbol: (await this.ask(path, address, "symbol", "string")) as string, decimals };
  }

  async decimals(path: string, address: string): Promise<number> {
    return Number(await this.ask(path, address, "decimals", "uint8"));
  }

  async safe(path: string, address: string): Promise<void> {
    const threshold = (await this.ask(path, address, "getThreshold", "uint256")) as bigint;
    if (threshold < 2n) throw new PreflightFailed(`${path}: ${address} is a Safe that ${threshold} can sign for alone`);
  }

  private async ask(path: string, address: string, view: string, type: string): Promise<unknown> {
    await this.code(path, address);
    const contract = new Contract(address, [`function ${view}() view returns (${type})`], this.provider);
    try {
      return (await contract.getFunction(view)()) as unknown;
    } catch (cause) {
      throw new PreflightFailed(`${path}: the contract at ${address} does not answer ${view}()`, { cause });
    }
  }
}
