import { Contract, ZeroAddress, getBytes } from "ethers";
import type { DeployedFacility } from "../../sdk/client/deployment.js";
import type { CheckRequest } from "../check.js";
import type { FacilityPlan } from "../plan.js";
import { isMadeFrom } from "./bytecode.js";
import { asking } from "./contracts.js";
import type { Findings } from "./findings.js";

const PRICE_SCALE = 10n ** 36n;
const WAD = 10n ** 18n;
/** Leg of IOracleErrors.sol, by number, as far as it is part of a price. */
const LEGS = ["btcUsd", "wrapperBtc", "wrapperUsd", "loanUsd"] as const;

interface LegTerms {
  leg: bigint;
  feed: string;
  maxAge: bigint;
  minAnswer: bigint;
  maxAnswer: bigint;
}

interface OracleTerms {
  sequencerFeed: string;
  secondSource: string;
  disagreementLimitWad: bigint;
  reservesFeed: string;
  supplyFeed: string;
  reservesMaxAge: bigint;
  supplyMaxAge: bigint;
}

/** Feeds, limits and caps as planned, and every price there is inside the sanity window now. */
export async function checkOracle(
  findings: Findings,
  request: CheckRequest,
  plan: FacilityPlan,
  { name, oracle: address, collateralAsset, loanAsset }: DeployedFacility,
): Promise<void> {
  const oracle = asking(request, "PriceOracle", address);
  const { legs, sequencer, secondSource, reserves } = plan.oracle;
  findings.same(`${name}.oracle.collateralAsset`, await oracle("collateralAsset"), collateralAsset);
  findings.same(`${name}.oracle.loanAsset`, await oracle("loanAsset"), loanAsset);

  const found = await oracle<LegTerms[]>("legs");
  const intended = LEGS.map((leg) => [leg, legs[leg]] as const).filter(([, { feed }]) => feed !== ZeroAddress);
  findings.same(
    `${name}.oracle legs`,
    found.map(({ leg }) => LEGS[Number(leg)] ?? leg).join(", "),
    intended.map(([leg]) => leg).join(", "),
  );
  for (const [leg, { feed, heartbeat, buffer, minAnswer, maxAnswer }] of intended) {
    const terms = found.find((each) => LEGS[Number(each.leg)] === leg);
    if (terms === undefined) continue;
    findings.same(`${name}.oracle ${leg} feed`, terms.feed, feed);
    findings.same(`${name}.oracle ${leg} maxAge`, terms.maxAge, heartbeat + buffer);
    findings.same(`${name}.oracle ${leg} minAnswer`, terms.minAnswer, minAnswer);
    findings.same(`${name}.oracle ${leg} maxAnswer`, terms.maxAnswer, maxAnswer);
  }

  const terms = await oracle<OracleTerms>("terms");
  findings.same(`${name}.oracle sequencer feed`, terms.sequencerFeed, sequencer.feed);
  findings.same(`${name}.oracle disagreement limit`, terms.disagreementLimitWad, secondSource?.limitWad ?? 0n);
  for (const field of ["reservesFeed", "supplyFeed", "reservesMaxAge", "supplyMaxAge"] as const) {
    findings.same(`${name}.oracle ${field}`, terms[field], reserves[field]);
  }
  const [sequencerCap, disagreementCap] = await oracle<[bigint, bigint]>("caps");
  findings.same(`${name}.oracle sequencer cap`, sequencerCap, sequencer.cap);
  findings.same(`${name}.oracle disagreement cap`, disagreementCap, secondSource?.cap ?? 0n);
  if (secondSource === undefined) findings.same(`${name}.oracle second source`, terms.secondSource, ZeroAddress);
  else await checkSource(findings, request, name, terms.secondSource, secondSource, collateralAsset);

  const tokens = request.deployment.tokens;
  const units = 10n ** BigInt(tokens[collateralAsset]?.decimals ?? 0);
  const loanUnits = 10n ** BigInt(tokens[loanAsset]?.decimals ?? 0);
  const { minWad, maxWad } = plan.oracle.sanity;
  for (const view of ["price", "borrowPrice", "liquidationPrice"]) {
    const priceE36 = await findings.answers(`${name}.oracle.${view}`, oracle<bigint>(view));
    if (priceE36 === undefined) continue;
    const wad = (priceE36 * units * WAD) / (loanUnits * PRICE_SCALE);
    findings.holds(
      `${name}.oracle.${view}`,
      wad >= minWad && wad <= maxWad,
      inWhole(wad),
      `from ${inWhole(minWad)} to ${inWhole(maxWad)}`,
    );
  }
}

async function checkSource(
  findings: Findings,
  request: CheckRequest,
  name: string,
  address: string,
  expected: { pool: string; window: bigint },
  collateralAsset: string,
): Promise<void> {
  const code = getBytes(await request.provider.getCode(address));
  const template = getBytes(request.artifacts.read("UniswapV3TwapSource").deployedBytecode);
  const holds = isMadeFrom(code, template);
  findings.holds(
    `code of ${name} second source at ${address}`,
    holds,
    "another",
    "UniswapV3TwapSource as compiled here",
  );
  if (!holds) return;
  const source = asking(request, "UniswapV3TwapSource", address);
  findings.same(`${name} second source's pool`, await source("POOL"), expected.pool);
  findings.same(`${name} second source's window`, await source<bigint>("WINDOW"), expected.window);
  const pool = new Contract(expected.pool, POOL, request.provider);
  const token0 = (await pool.getFunction("token0")()) as string;
  const [, , , , memory] = (await pool.getFunction("slot0")()) as bigint[];
  findings.holds(
    `memory of ${name} second source's pool (increaseObservationCardinalityNext)`,
    memory !== undefined && memory > expected.window,
    `${memory} observations`,
    `more than the window's ${expected.window} seconds, or anybody silences the source by trading every second`,
  );
  findings.same(
    `${name} second source's direction`,
    await source<boolean>("COLLATERAL_IS_TOKEN0"),
    token0 === collateralAsset,
  );
}

const POOL = [
  "function token0() view returns (address)",
  "function slot0() view returns (uint160, int24, uint16, uint16 observationCardinality, uint16 observationCardinalityNext, uint8, bool)",
];
const inWhole = (wad: bigint): string => `${wad / WAD}.${(wad % WAD).toString().padStart(18, "0").slice(0, 4)}`;
