import type { Parameters } from "./parameters.js";
import { ADMIN, type Role, functionsOnPool } from "./roles.js";

/** One call of the AccessManager. */
export interface HandoverStep<Address> {
  name: string;
  args: (Address | string | bigint | string[])[];
}

/**
 * Gives every role its functions and its holder and the Safe the administration, and takes everything from the deployer. Sent as
 * one multicall: there is no moment at which some of it holds and some does not.
 */
export function handoverSteps<Address>(
  { governance: g }: Pick<Parameters, "governance">,
  roles: readonly Role[],
  contracts: {
    managers: readonly Address[];
    pools: readonly { address: Address; isTerm: boolean }[];
    capital?: Address | undefined;
    deployer: Address;
  },
): HandoverStep<Address>[] {
  const { managers, pools, capital, deployer } = contracts;
  const steps: HandoverStep<Address>[] = [];
  const say = (name: string, ...args: HandoverStep<Address>["args"]) => steps.push({ name, args });
  for (const role of roles) {
    say("labelRole", role.id, role.label);
    if (role.guardian !== ADMIN) say("setRoleGuardian", role.id, role.guardian);
    for (const manager of managers) {
      if (role.manager.length > 0) say("setTargetFunctionRole", manager, [...role.manager], role.id);
    }
    for (const { address, isTerm } of pools) {
      const selectors = functionsOnPool(role, isTerm);
      if (selectors.length > 0) say("setTargetFunctionRole", address, selectors, role.id);
    }
    if (capital !== undefined && role.capital.length > 0) {
      say("setTargetFunctionRole", capital, [...role.capital], role.id);
    }
    say("grantRole", role.id, role.holder, role.executionDelay);
    if (role.grantDelay !== 0n) say("setGrantDelay", role.id, role.grantDelay);
  }
  for (const target of [
    ...managers,
    ...pools.map(({ address }) => address),
    ...(capital === undefined ? [] : [capital]),
  ]) {
    say("setTargetAdminDelay", target, BigInt(g.targetAdminDelaySeconds));
  }
  say("grantRole", ADMIN, g.safe, BigInt(g.adminDelaySeconds));
  say("setGrantDelay", ADMIN, BigInt(g.grantDelaySeconds));
  say("renounceRole", ADMIN, deployer);
  return steps;
}
