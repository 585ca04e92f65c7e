import { type Artifact, type IgnitionModule, buildModule } from "@nomicfoundation/ignition-core";
import { Interface, ZeroAddress } from "ethers";
import type { FacilityPlan } from "../plan.js";
import core from "./Core.js";
import { moduleId } from "./moduleId.js";
import { oracleModule } from "./Oracle.js";
import type { VaultModule } from "./Vault.js";

const REVOLVING = 0;

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
 * @param before the facility created before it: their numbers follow the order of the parameters
 */
export const facilityModule = (plan: FacilityPlan, vaultOf: VaultModule, before: IgnitionModule | undefined) =>
  buildModule(moduleId("Facility", plan.parameters.name), (m) => {
    const { accessManager, loanManager } = m.useModule(core);
    const { vault } = m.useModule(vaultOf);
    const { priceOracle } = m.useModule(oracleModule(plan));
    const p = plan.parameters;

    const deployer = m.contract("PoolDeployer", [
      {
        asset: p.loanAsset,
        manager: loanManager,
        authority: accessManager,
        capital: ZeroAddress,
        fixedRatePerSecond: plan.fixedRatePerSecond,
        reserveFeeBps: BigInt(p.reserveFeeBps),
        firstLoss: false,
        juniorSpreadBps: 0n,
        coverPremiumBps: 0n,
        exitCooldown: 0n,
        exitWindow: 0n,
        name: p.shares.name,
        symbol: p.shares.symbol,
      },
    ]);
    const pool = m.contractAt("LendingPool", m.staticCall(deployer, "POOL"));
    const tranche = m.contractAt("Tranche", m.staticCall(deployer, "SENIOR"));

    const loanAsset = m.contractAt("LoanAsset", APPROVABLE, p.loanAsset);
    const approval = m.call(loanAsset, "approve", [tranche, plan.seedAssets]);
    m.call(
      loanManager,
      "createFacility",
      [
        {
          pool,
          vault,
          oracle: priceOracle,
          gate: plan.gate,
          kind: REVOLVING,
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
      { after: before ? [approval, before] : [approval] },
    );
    return { pool, tranche, vault, priceOracle };
  });

export type FacilityModule = ReturnType<typeof facilityModule>;
