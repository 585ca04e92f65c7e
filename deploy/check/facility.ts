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
  const manager = asking(request, "LoanManager", deployment.loanManager);
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
    pricing: { oracle: deployed.oracle, minDebt: plan.minDebt, kind: 0 },
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
  findings.same(`${name}.vault.manager`, await vault("manager"), deployment.loanManager);

  const pool = asking(request, "LendingPool", deployed.pool);
  findings.same(`${name}.pool.asset`, await pool("asset"), p.loanAsset);
  findings.same(`${name}.pool.manager`, await pool("manager"), deployment.loanManager);
  findings.same(`${name}.pool.authority`, await pool("authority"), deployment.accessManager);
  findings.same(`${name}.pool.facility`, await pool<bigint>("facility"), deployed.id);
  findings.same(`${name}.pool.tranche(senior)`, await pool("tranche", SENIOR), deployed.tranche);
  findings.same(`${name}.pool.tranche(junior)`, await pool("tranche", 1), ZeroAddress);
  findings.same(`${name}.pool.fixedRatePerSecond`, await pool<bigint>("fixedRatePerSecond"), plan.fixedRatePerSecond);
  const [, , claims] = await pool<[unknown, unknown, { reserveFeeBps: bigint }]>("stored");
  findings.same(`${name}.pool reserve fee`, claims.reserveFeeBps, p.reserveFeeBps);

  const tranche = asking(request, "Tranche", deployed.tranche);
  findings.same(`${name}.tranche.pool`, await tranche("pool"), deployed.pool);
  findings.same(`${name}.tranche.asset`, await tranche("asset"), p.loanAsset);
  findings.same(`${name}.tranche.class`, await tranche<bigint>("class"), SENIOR);
  findings.same(`${name}.tranche.name`, await tranche("name"), p.shares.name);
  findings.same(`${name}.tranche.symbol`, await tranche("symbol"), p.shares.symbol);
  const seed = await tranche<bigint>("balanceOf", NOBODY);
  const seedShares = plan.seedAssets * SHARES_PER_ASSET;
  findings.holds(`${name} seed`, seed >= seedShares, `${seed} shares`, `at least ${seedShares} shares held by nobody`);
  const nav = await tranche<bigint>("totalAssets");
  findings.holds(`${name} senior assets`, nav > 0n, `${nav}`, "more than 0");

  await checkOracle(findings, request, plan, deployed);
}
