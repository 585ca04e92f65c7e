import { type ArgumentType, buildModule } from "@nomicfoundation/ignition-core";
import { handoverSteps } from "../handover.js";
import type { Parameters } from "../parameters.js";
import type { Role } from "../roles.js";
import type { CapitalModule } from "./Capital.js";
import core from "./Core.js";
import type { FacilityModule } from "./Facility.js";

/** The handover, when all facilities are there. */
export const governanceModule = (
  parameters: Parameters,
  roles: readonly Role[],
  facilities: readonly { readonly module: FacilityModule; readonly isTerm: boolean }[],
  capitalOf: CapitalModule | undefined,
) =>
  buildModule("Governance", (m) => {
    const { accessManager, loanManager, termLoanManager } = m.useModule(core);
    const pools = facilities.map(({ module, isTerm }) => ({
      address: m.useModule(module).pool as ArgumentType,
      isTerm,
    }));
    const capital = capitalOf && m.useModule(capitalOf).capital;
    const managers = [loanManager, termLoanManager];
    const contracts = { managers, pools, capital, deployer: m.getAccount(0) };
    const steps = handoverSteps<ArgumentType>(parameters, roles, contracts);
    const calls = steps.map(({ name, args }, index) =>
      m.encodeFunctionCall(accessManager, name, args, { id: `step${index}_${name}` }),
    );
    m.call(accessManager, "multicall", [calls], { after: facilities.map(({ module }) => module) });
    return {};
  });
