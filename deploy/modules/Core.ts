import { buildModule } from "@nomicfoundation/ignition-core";

/** What every facility shares. The deployer is the AccessManager's admin until the Governance module ends that. */
export default buildModule("Core", (m) => {
  const deployer = m.getAccount(0);
  const accessManager = m.contract("AccessManager", [deployer]);
  const roleTable = m.contract("RoleTable");
  const liquidationEngine = m.contract("LiquidationEngine");
  const loanManager = m.contract("LoanManager", [accessManager, liquidationEngine]);
  const termLoanManager = m.contract("TermLoanManager", [accessManager, liquidationEngine]);
  const termLoanBook = m.contract("TermLoanBook");
  const lens = m.contract("Lens", [loanManager, termLoanManager]);
  const termLens = m.contract("TermLens", [termLoanManager]);
  return {
    accessManager,
    roleTable,
    liquidationEngine,
    loanManager,
    termLoanManager,
    termLoanBook,
    lens,
    termLens,
  };
});
