import { type Artifact, type Future, type IgnitionModule, buildModule } from "@nomicfoundation/ignition-core";
import { Interface, ZeroAddress } from "ethers";
import type { FacilityPlan } from "../plan.js";
import type { CapitalModule } from "./Capital.js";
import core from "./Core.js";
import { moduleId } from "./moduleId.js";
import { oracleModule } from "./Oracle.js";
import type { VaultModule } from "./Vault.js";

/** FacilityKind of LoanTypes.sol. */
const KIND = { revolving: 0, term: 1 };

/** What the seed needs of the loan asset, whoever wrote it. */
const APPROVABLE: Artifact = {
  _format: "hh3-artifact-1",
  contractName: "IERC20",
  sourceName: "IERC20.sol",
  abi: JSON.parse(
    new Interface(["function approve(address spender, uint256 value) returns (bool)"]).formatJson(),
  ) as object[],
  bytecode: "0x",
  deployedBytecode: "0x",
  linkReferences: {},
  deployedLinkReferences: {},
};

/**
 * Pool, tranche and oracle of one facility, and its creation with the seed.
 *
 * @param capitalOf where the deployment has one
 * @param before the facility created before it: the numbers of a kind follow the order of the parameters
 */
export const facilityModule = (
  plan: FacilityPlan,
  vaultOf: VaultModule,
  capitalOf: CapitalModule | undefined,
  before: IgnitionModule | undefined,
) =>
  buildModule(moduleId("Facility", plan.parameters.name), (m) => {
    const { accessManager, loanManager, termLoanManager, termLoanBook } = m.useModule(core);
    const { vault } = m.useModule(vaultOf);
    const { priceOracle } = m.useModule(oracleModule(plan));
    const p = plan.parameters;
    const capital = p.capital && capitalOf && m.useModule(capitalOf).capital;
    const isTerm = p.kind === "term";
    const manager = isTerm ? termLoanManager : loanManager;

    const setup = {
      asset: p.loanAsset,
      manager,
      authority: accessManager,
      capital: capital ?? ZeroAddress,
      fixedRatePerSecond: plan.fixedRatePerSecond,
      reserveFeeBps: BigInt(p.reserveFeeBps),
      firstLoss: p.firstLoss !== undefined,
      juniorSpreadBps: p.firstLoss?.juniorSpreadBps ?? 0,
      coverPremiumBps: p.firstLoss?.coverPremiumBps ?? 0,
      exitCooldown: p.firstLoss?.exitCooldownSeconds ?? 0,
      exitWindow: p.firstLoss?.exitWindowSeconds ?? 0,
      name: p.shares.name,
      symbol: p.shares.symbol,
    };
    const deployer = isTerm
      ? m.contract("TermLendingPoolDeployer", [setup, termLoanBook])
      : m.contract("LendingPoolDeployer", [setup]);
    const pool = m.contractAt(isTerm ? "TermLendingPool" : "LendingPool", m.staticCall(deployer, "POOL"));
    const tranche = m.contractAt("Tranche", m.staticCall(deployer, "SENIOR"));

    const queue = m.contractAt("RedemptionQueue", m.staticCall(deployer, "QUEUE"));
    const firstLoss = p.firstLoss && {
      junior: m.contractAt("Tranche", m.staticCall(deployer, "JUNIOR"), { id: "junior" }),
      cover: m.contractAt("Tranche", m.staticCall(deployer, "COVER"), { id: "cover" }),
    };

    const loanAsset = m.contractAt("LoanAsset", APPROVABLE, p.loanAsset);
    const first: IgnitionModule[] = before ? [before] : [];
    const approvals = [
      m.call(loanAsset, "approve", [tranche, plan.seedAssets]),
      ...Object.entries(firstLoss ?? {}).map(([name, of]) =>
        m.call(loanAsset, "approve", [of, plan.seedAssets], { id: `approve_${name}` }),
      ),
    ];
    if (capital && p.capital) {
      m.call(capital, "assign", [pool, plan.riskClass, p.capital.minRatioBps ?? 0]);
    }
    const sheets: Future[] = [];
    for (const [number, sheet] of plan.termSheets.entries()) {
      // Their numbers follow the order of the parameters.
      sheets.push(m.call(pool, "addTermSheet", [{ ...sheet }], { id: `sheet_${number}`, after: sheets.slice(-1) }));
    }
    m.call(
      manager,
      "createFacility",
      [
        {
          pool,
          vault,
          oracle: priceOracle,
          gate: plan.gate,
          kind: KIND[p.kind],
          maxLtvBps: p.maxLtvBps,
          lltvBps: p.lltvBps,
          targetLtvBps: p.targetLtvBps,
          incentiveMinBps: p.incentiveMinBps,
          incentiveMaxBps: p.incentiveMaxBps,
          healthForMaxBps: p.healthForMaxBps,
          rampSeconds: p.rampSeconds,
          minDebt: plan.minDebt,
          cap: plan.cap,
          loanCap: plan.loanCap,
        },
        plan.seedAssets,
      ],
      { after: [...approvals, ...sheets, ...first] },
    );
    return { pool, tranche, queue, vault, priceOracle, ...firstLoss };
  });

export type FacilityModule = ReturnType<typeof facilityModule>;
