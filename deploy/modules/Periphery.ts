import { buildModule } from "@nomicfoundation/ignition-core";
import type { Parameters } from "../parameters.js";
import core from "./Core.js";

/** Conveniences that the core does not know. */
export const repayWithCollateralModule = ({ uniswap }: Parameters) =>
  buildModule("RepayWithCollateral", (m) => {
    const { loanManager, termLoanManager } = m.useModule(core);
    return { repayWithCollateral: m.contract("RepayWithCollateral", [loanManager, termLoanManager, uniswap.factory]) };
  });

export const protectionOrdersModule = ({ uniswap }: Parameters) =>
  buildModule("ProtectionOrders", (m) => {
    const { loanManager, termLoanManager } = m.useModule(core);
    return { protectionOrders: m.contract("ProtectionOrders", [loanManager, termLoanManager, uniswap.factory]) };
  });

/** The keeper's own contract. */
export const liquidatorModule = ({ uniswap }: Parameters, owner: string) =>
  buildModule("Liquidator", (m) => {
    const { loanManager, termLoanManager } = m.useModule(core);
    return { liquidator: m.contract("Liquidator", [loanManager, termLoanManager, uniswap.router, owner]) };
  });
