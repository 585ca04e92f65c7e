import { Interface, type Log, type Provider } from "ethers";
import type { Deployment } from "../../sdk/client/deployment.js";

/** What the AccessManager's events add up to. */
export interface Grants {
  /** the admin the AccessManager was created with: who deployed */
  deployer: string | undefined;
  /** role → account → execution delay given last */
  members: Map<bigint, Map<string, bigint>>;
  /** `target selector` → role, where it is not the admin */
  functions: Map<string, bigint>;
  roleAdmins: Map<bigint, bigint>;
  roleGuardians: Map<bigint, bigint>;
  /** as set last, in force or about to be */
  grantDelays: Map<bigint, bigint>;
  targetDelays: Map<string, bigint>;
  closed: Set<string>;
}

const EVENTS = new Interface([
  "event RoleGranted(uint64 indexed roleId, address indexed account, uint32 delay, uint48 since, bool newMember)",
  "event RoleRevoked(uint64 indexed roleId, address indexed account)",
  "event RoleAdminChanged(uint64 indexed roleId, uint64 indexed admin)",
  "event RoleGuardianChanged(uint64 indexed roleId, uint64 indexed guardian)",
  "event RoleGrantDelayChanged(uint64 indexed roleId, uint32 delay, uint48 since)",
  "event TargetFunctionRoleUpdated(address indexed target, bytes4 selector, uint64 indexed roleId)",
  "event TargetAdminDelayUpdated(address indexed target, uint32 delay, uint48 since)",
  "event TargetClosed(address indexed target, bool closed)",
]);
/** What nodes for hire usually allow in one question. */
const SPAN = 10_000;

/** Who may do what: not what we believe was granted, but everything that ever was. */
export async function readGrants(provider: Provider, { accessManager, fromBlock }: Deployment): Promise<Grants> {
  const grants: Grants = {
    deployer: undefined,
    members: new Map(),
    functions: new Map(),
    roleAdmins: new Map(),
    roleGuardians: new Map(),
    grantDelays: new Map(),
    targetDelays: new Map(),
    closed: new Set(),
  };
  const head = await provider.getBlockNumber();
  for (let from = fromBlock; from <= head; from += SPAN) {
    const toBlock = Math.min(from + SPAN - 1, head);
    for (const log of await provider.getLogs({ address: accessManager, fromBlock: from, toBlock })) apply(grants, log);
  }
  return grants;
}

function apply(grants: Grants, log: Log): void {
  const event = EVENTS.parseLog(log);
  if (event === null) return;
  const { roleId, account, target, delay, selector, admin, guardian, closed } = event.args as unknown as Record<
    "roleId" | "delay" | "admin" | "guardian",
    bigint
  > &
    Record<"account" | "target" | "selector", string> & { closed: boolean };
  switch (event.name) {
    case "RoleGranted":
      grants.deployer ??= account;
      grants.members.set(roleId, (grants.members.get(roleId) ?? new Map<string, bigint>()).set(account, delay));
      break;
    case "RoleRevoked":
      grants.members.get(roleId)?.delete(account);
      break;
    case "RoleAdminChanged":
      grants.roleAdmins.set(roleId, admin);
      break;
    case "RoleGuardianChanged":
      grants.roleGuardians.set(roleId, guardian);
      break;
    case "RoleGrantDelayChanged":
      grants.grantDelays.set(roleId, delay);
      break;
    case "TargetFunctionRoleUpdated":
      if (roleId === 0n) grants.functions.delete(`${target} ${selector}`);
      else grants.functions.set(`${target} ${selector}`, roleId);
      break;
    case "TargetAdminDelayUpdated":
      grants.targetDelays.set(target, delay);
      break;
    case "TargetClosed":
      if (closed) grants.closed.add(target);
      else grants.closed.delete(target);
      break;
  }
}
