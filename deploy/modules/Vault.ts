import { buildModule } from "@nomicfoundation/ignition-core";
import core from "./Core.js";
import { moduleId } from "./moduleId.js";

/** Custody of one wrapped BTC; facilities on the same token share it. */
export const vaultModule = (collateralAsset: string) =>
  buildModule(moduleId("Vault", collateralAsset), (m) => {
    const { loanManager } = m.useModule(core);
    return { vault: m.contract("CollateralVault", [collateralAsset, loanManager]) };
  });

export type VaultModule = ReturnType<typeof vaultModule>;
