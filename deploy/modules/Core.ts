import { buildModule } from "@nomicfoundation/ignition-core";

/** What every facility shares. The deployer is the AccessManager's admin until the Governance module ends that. */
export default buildModule("Core", (m) => {
  const deployer = m.getAccount(0);
  const accessManager = m.contract("AccessManager", [deployer]);
  const roleTable = m.contract("RoleTable");
  const liquidationEngine = m.contract("LiquidationEngine");
  const loanManager = m.contract("LoanManager", [accessManager, liquidationEngine]);
  const lens = m.contract("Lens", [loanManager]);
  return { accessManager, roleTable, liquidationEngine, loanManager, lens };
});
