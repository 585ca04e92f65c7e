import { ZeroAddress } from "ethers";
import type { DeployedFacility } from "../../sdk/client/deployment.js";
import type { CheckRequest } from "../check.js";
import type { FacilityPlan } from "../plan.js";
import { asking } from "./contracts.js";
import type { Findings } from "./findings.js";
import { checkOracle } from "./oracle.js";

/** Where the seed's shares stay, and how many of them a unit of the loan asset buys in an empty tranche. */
const NOBODY = "0x000000000000000000000000000000000000dEaD";
const SHARES_PER_ASSET = 10n ** 6n;
const SENIOR = 0;
/** Of Capital.sol. */
const DEFAULT_MIN_RATIO_BPS = 1_050;
/** FacilityFlags of LoanTypes.sol. */
const NEW_LOANS_STOPPED = 1n;

/** Facility as LoanTypes.sol has it, as far as it is compared. */
interface OnChain {
  ltv: Record<string, string | bigint>;
  pricing: Record<string, string | bigint | boolean>;
  custody: Record<string, string | bigint>;
  access: Record<string, string | bigint>;
  rampSeconds: bigint;
}

/** Terms, addresses, rate, seed and price of one facility. */
export async function checkFacility(
  findings: Findings,
  request: CheckRequest,
  plan: FacilityPlan,
  deployed: DeployedFacility,
): Promise<void> {
  const { name } = deployed;
  const { parameters: p } = plan;
  const { deployment } = request;
  const isTerm = p.kind === "term";
  const managerAddress = isTerm ? deployment.termLoanManager : deployment.loanManager;
  const manager = asking(request, isTerm ? "TermLoanManager" : "LoanManager", managerAddress);
  const found = await findings.answers(`facility ${name}`, manager<OnChain>("facilityOf", deployed.id));
  if (found === undefined) return;

  const expected: {
    [group in "ltv" | "pricing" | "custody" | "access"]: Record<string, string | number | bigint | boolean>;
  } = {
    ltv: {
      pool: deployed.pool,
      maxLtvBps: p.maxLtvBps,
      lltvBps: p.lltvBps,
      targetLtvBps: p.targetLtvBps,
      incentiveMinBps: p.incentiveMinBps,
      incentiveMaxBps: p.incentiveMaxBps,
      healthForMaxBps: p.healthForMaxBps,
    },
    pricing: { oracle: deployed.oracle, minDebt: plan.minDebt, kind: isTerm ? 1 : 0 },
    custody: { vault: deployed.vault, cap: plan.cap },
    access: { gate: plan.gate, loanCap: plan.loanCap },
  };
  for (const [group, values] of Object.entries(expected)) {
    for (const [field, value] of Object.entries(values)) {
      const actual = found[group as keyof typeof expected][field];
      findings.same(`facility ${name} ${field}`, actual ?? "nothing", value);
    }
  }
  findings.same(`facility ${name} rampSeconds`, found.rampSeconds, p.rampSeconds);
  const stopped = (BigInt(found.pricing["flags"] ?? 0n) & NEW_LOANS_STOPPED) !== 0n;
  findings.same(`facility ${name} has new loans stopped`, stopped, false);

  const vault = asking(request, "CollateralVault", deployed.vault);
  findings.same(`${name}.vault.asset`, await vault("asset"), p.collateralAsset);
  findings.same(`${name}.vault.manager`, await vault("manager"), managerAddress);

  const pool = asking(request, isTerm ? "TermLendingPool" : "LendingPool", deployed.pool);
  findings.same(`${name}.pool.asset`, await pool("asset"), p.loanAsset);
  findings.same(`${name}.pool.manager`, await pool("manager"), managerAddress);
  findings.same(`${name}.pool.authority`, await pool("authority"), deployment.accessManager);
  findings.same(`${name}.pool.facility`, await pool<bigint>("facility"), deployed.id);
  findings.same(`${name}.pool.tranche(senior)`, await pool("tranche", SENIOR), deployed.tranche);
  findings.same(`${name}.pool.tranche(junior)`, await pool("tranche", 1), deployed.junior ?? ZeroAddress);
  findings.same(`${name}.pool.tranche(cover)`, await pool("tranche", 2), deployed.cover ?? ZeroAddress);
  findings.same(`${name}.pool.queue`, await pool("queue"), deployed.queue ?? ZeroAddress);
  findings.same(`${name}.pool.capital`, await pool("capital"), (p.capital && deployment.capital) ?? ZeroAddress);
  const [spread, premium] = await pool<[bigint, bigint]>("firstLossTerms");
  findings.same(`${name}.pool junior spread`, spread, p.firstLoss?.juniorSpreadBps ?? 0);
  findings.same(`${name}.pool cover premium`, premium, p.firstLoss?.coverPremiumBps ?? 0);
  findings.same(`${name}.pool.fixedRatePerSecond`, await pool<bigint>("fixedRatePerSecond"), plan.fixedRatePerSecond);
  findings.same(`${name}.pool reserve fee`, await pool<bigint>("reserveFeeBps"), p.reserveFeeBps);
  if (isTerm) {
    findings.same(`${name}.pool.book`, await pool("book"), deployment.termLoanBook);
    findings.same(`${name}.pool.sheetCount`, await pool<bigint>("sheetCount"), plan.termSheets.length);
    for (const [number, sheet] of plan.termSheets.entries()) {
      const found = await pool<Record<string, string | bigint | boolean>>("sheetOf", number);
      for (const [field, value] of Object.entries(sheet)) {
        findings.same(`${name} term sheet ${number} ${field}`, found[field] ?? "nothing", value);
      }
    }
  }

  for (const [trancheClass, of] of (["tranche", "junior", "cover"] as const).entries()) {
    const address = deployed[of];
    if (address === undefined) continue;
    const tranche = asking(request, "Tranche", address);
    findings.same(`${name}.${of}.pool`, await tranche("pool"), deployed.pool);
    findings.same(`${name}.${of}.asset`, await tranche("asset"), p.loanAsset);
    findings.same(`${name}.${of}.class`, await tranche<bigint>("class"), trancheClass);
    const [cooldown, window] = await tranche<[bigint, bigint]>("exitTerms");
    const waits = trancheClass === SENIOR ? undefined : p.firstLoss;
    findings.same(`${name}.${of} cooldown`, cooldown, waits?.exitCooldownSeconds ?? 0);
    findings.same(`${name}.${of} window`, window, waits?.exitWindowSeconds ?? 0);
    const seed = await tranche<bigint>("balanceOf", NOBODY);
    const least = plan.seedAssets * SHARES_PER_ASSET;
    findings.holds(
      `${name} seed${trancheClass === SENIOR ? "" : ` of ${of}`}`,
      seed >= least,
      `${seed} shares`,
      `at least ${least} shares held by nobody`,
    );
  }
  if (deployed.queue !== undefined) {
    const queue = asking(request, "RedemptionQueue", deployed.queue);
    findings.same(`${name}.queue.pool`, await queue("pool"), deployed.pool);
    findings.same(`${name}.queue.share`, await queue("share"), deployed.tranche);
  }
  if (p.capital && deployment.capital !== undefined) {
    const capital = asking(request, "Capital", deployment.capital);
    const [weight, ratio] = await capital<[bigint, bigint]>("termsOf", deployed.pool);
    const intended = request.parameters.capital?.classes[plan.riskClass]?.weightBps ?? 0;
    findings.same(`${name} risk weight`, weight, intended);
    findings.same(`${name} minimum capital ratio`, ratio, p.capital.minRatioBps ?? DEFAULT_MIN_RATIO_BPS);
  }
  const tranche = asking(request, "Tranche", deployed.tranche);
  findings.same(`${name}.tranche.name`, await tranche("name"), p.shares.name);
  findings.same(`${name}.tranche.symbol`, await tranche("symbol"), p.shares.symbol);
  const nav = await tranche<bigint>("totalAssets");
  findings.holds(`${name} senior assets`, nav > 0n, `${nav}`, "more than 0");

  await checkOracle(findings, request, plan, deployed);
}
