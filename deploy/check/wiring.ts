import type { CheckRequest } from "../check.js";
import { asking } from "./contracts.js";
import type { Findings } from "./findings.js";

/** Who knows whom, for what all facilities share. */
export async function checkWiring(findings: Findings, request: CheckRequest): Promise<void> {
  const { deployment: d, parameters } = request;
  const managers = [
    { what: "loanManager", contract: "LoanManager", address: d.loanManager, kind: "revolving" },
    { what: "termLoanManager", contract: "TermLoanManager", address: d.termLoanManager, kind: "term" },
  ];
  for (const { what, contract, address, kind } of managers) {
    const manager = asking(request, contract, address);
    findings.same(`${what}.authority`, await manager("authority"), d.accessManager);
    findings.same(`${what}.engine`, await manager("engine"), d.liquidationEngine);
    const facilities = d.facilities.filter((f) => f.kind === kind).length;
    findings.same(`${what}.facilityCount`, await manager<bigint>("facilityCount"), facilities);
  }
  findings.same("termLens.manager", await asking(request, "TermLens", d.termLens)("manager"), d.termLoanManager);
  const servesBoth = [
    ["lens", "Lens"],
    ["liquidator", "Liquidator"],
    ["repayWithCollateral", "RepayWithCollateral"],
    ["protectionOrders", "ProtectionOrders"],
  ] as const;
  for (const [key, contract] of servesBoth) {
    const address = d[key];
    if (address === undefined) continue;
    const found = asking(request, contract, address);
    findings.same(`${key}.loanManager`, await found("loanManager"), d.loanManager);
    findings.same(`${key}.termLoanManager`, await found("termLoanManager"), d.termLoanManager);
  }
  if (d.liquidator !== undefined) {
    const liquidator = asking(request, "Liquidator", d.liquidator);
    findings.same("liquidator.owner", await liquidator("owner"), parameters.liquidator?.owner ?? "nobody");
    findings.same("liquidator.router", await liquidator("router"), parameters.uniswap.router);
  }
  const sales = { repayWithCollateral: "RepayWithCollateral", protectionOrders: "ProtectionOrders" } as const;
  for (const key of ["repayWithCollateral", "protectionOrders"] as const) {
    const address = d[key];
    if (address === undefined) continue;
    const sale = asking(request, sales[key], address);
    findings.same(`${key}.factory`, await sale("factory"), parameters.uniswap.factory);
  }
}
