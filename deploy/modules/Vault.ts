import { buildModule } from "@nomicfoundation/ignition-core";
import type { FacilityParameters } from "../parameters.js";
import core from "./Core.js";
import { moduleId } from "./moduleId.js";

/** Custody of one wrapped BTC for one kind of loan; facilities of the kind on the same token share it. */
export const vaultModule = ({ kind, collateralAsset }: FacilityParameters) =>
  buildModule(moduleId(kind === "term" ? "TermVault" : "Vault", collateralAsset), (m) => {
    const { loanManager, termLoanManager } = m.useModule(core);
    const manager = kind === "term" ? termLoanManager : loanManager;
    return { vault: m.contract("CollateralVault", [collateralAsset, manager]) };
  });

export type VaultModule = ReturnType<typeof vaultModule>;
