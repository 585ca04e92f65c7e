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
  facilities: readonly FacilityModule[],
  capitalOf: CapitalModule | undefined,
) =>
  buildModule("Governance", (m) => {
    const { accessManager, loanManager } = m.useModule(core);
    const pools: ArgumentType[] = facilities.map((facility) => m.useModule(facility).pool);
    const capital = capitalOf && m.useModule(capitalOf).capital;
    const contracts = { loanManager, pools, capital, deployer: m.getAccount(0) };
    const steps = handoverSteps<ArgumentType>(parameters, roles, contracts);
    const calls = steps.map(({ name, args }, index) =>
      m.encodeFunctionCall(accessManager, name, args, { id: `step${index}_${name}` }),
    );
    m.call(accessManager, "multicall", [calls], { after: [...facilities] });
    return {};
  });
