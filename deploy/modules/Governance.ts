import { type ArgumentType, buildModule } from "@nomicfoundation/ignition-core";
import type { Parameters } from "../parameters.js";
import { ADMIN, type Role } from "../roles.js";
import core from "./Core.js";
import type { FacilityModule } from "./Facility.js";

/**
 * Gives every role its functions and its holder and the Safe the administration, and takes everything from the deployer, in one
 * transaction: there is no moment at which some of it holds and some does not.
 */
export const governanceModule = (
  { governance: g }: Parameters,
  roles: readonly Role[],
  facilities: readonly FacilityModule[],
) =>
  buildModule("Governance", (m) => {
    const { accessManager, loanManager } = m.useModule(core);
    const pools = facilities.map((facility) => m.useModule(facility).pool);
    const deployer = m.getAccount(0);
    const steps: ArgumentType[] = [];
    const say = (name: string, ...args: ArgumentType[]) =>
      steps.push(m.encodeFunctionCall(accessManager, name, args, { id: `step${steps.length}_${name}` }));

    for (const role of roles) {
      say("labelRole", role.id, role.label);
      if (role.guardian !== ADMIN) say("setRoleGuardian", role.id, role.guardian);
      if (role.manager.length > 0) say("setTargetFunctionRole", loanManager, [...role.manager], role.id);
      if (role.pool.length > 0) {
        for (const pool of pools) say("setTargetFunctionRole", pool, [...role.pool], role.id);
      }
      say("grantRole", role.id, role.holder, role.executionDelay);
      if (role.grantDelay !== 0n) say("setGrantDelay", role.id, role.grantDelay);
    }
    for (const target of [loanManager, ...pools]) say("setTargetAdminDelay", target, g.targetAdminDelaySeconds);
    say("grantRole", ADMIN, g.safe, g.adminDelaySeconds);
    say("setGrantDelay", ADMIN, g.grantDelaySeconds);
    say("renounceRole", ADMIN, deployer);

    m.call(accessManager, "multicall", [steps], { after: [...facilities] });
    return {};
  });
