import type { CheckRequest } from "../check.js";
import { asking } from "./contracts.js";
import type { Findings } from "./findings.js";

/** Who knows whom, for what all facilities share. */
export async function checkWiring(findings: Findings, request: CheckRequest): Promise<void> {
  const { deployment: d, parameters } = request;
  const manager = asking(request, "LoanManager", d.loanManager);
  findings.same("loanManager.authority", await manager("authority"), d.accessManager);
  findings.same("loanManager.engine", await manager("engine"), d.liquidationEngine);
  findings.same("loanManager.facilityCount", await manager<bigint>("facilityCount"), d.facilities.length);
  findings.same("lens.manager", await asking(request, "Lens", d.lens)("manager"), d.loanManager);
  if (d.liquidator !== undefined) {
    const liquidator = asking(request, "Liquidator", d.liquidator);
    findings.same("liquidator.owner", await liquidator("owner"), parameters.liquidator?.owner ?? "nobody");
    findings.same("liquidator.manager", await liquidator("manager"), d.loanManager);
    findings.same("liquidator.router", await liquidator("router"), parameters.uniswap.router);
  }
  const sales = { repayWithCollateral: "RepayWithCollateral", protectionOrders: "ProtectionOrders" } as const;
  for (const key of ["repayWithCollateral", "protectionOrders"] as const) {
    const address = d[key];
    if (address === undefined) continue;
    const sale = asking(request, sales[key], address);
    findings.same(`${key}.manager`, await sale("manager"), d.loanManager);
    findings.same(`${key}.factory`, await sale("factory"), parameters.uniswap.factory);
  }
}
