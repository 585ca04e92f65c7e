import type { CheckRequest } from "../check.js";
import { ADMIN, type Role, functionsOnPool, rolesOf } from "../roles.js";
import { asking } from "./contracts.js";
import type { Findings } from "./findings.js";
import type { Grants } from "./grants.js";

/** Every grant there ever was adds up to what is intended, no more; the deployer is in none of them. */
export async function checkRoles(findings: Findings, request: CheckRequest, grants: Grants): Promise<void> {
  const { deployment, parameters, artifacts } = request;
  const { deployer } = grants;
  const { governance: g } = parameters;
  const roles = rolesOf(parameters, (name) => artifacts.read(name));
  const nameOf = (id: bigint) =>
    id === ADMIN ? "ADMIN" : (roles.find((role) => role.id === id)?.label ?? `role ${id}`);
  const targets = [
    deployment.loanManager,
    deployment.termLoanManager,
    ...deployment.facilities.map(({ pool }) => pool),
    ...(deployment.capital === undefined ? [] : [deployment.capital]),
  ];
  const manager = asking(request, "AccessManager", deployment.accessManager);

  const intended = [
    { id: ADMIN, holder: g.safe, executionDelay: BigInt(g.adminDelaySeconds), grantDelay: BigInt(g.grantDelaySeconds) },
    ...roles,
  ];
  for (const { id, holder, executionDelay, grantDelay } of intended) {
    const members = [...(grants.members.get(id) ?? [])];
    findings.same(`holders of ${nameOf(id)}`, members.map(([account]) => account).join(", ") || "nobody", holder);
    const [, delay] = await manager<[boolean, bigint]>("hasRole", id, holder);
    findings.same(`execution delay of ${nameOf(id)}`, delay, executionDelay);
    findings.same(`grant delay of ${nameOf(id)}`, grants.grantDelays.get(id) ?? 0n, grantDelay);
    findings.same(`admin of ${nameOf(id)}`, nameOf(grants.roleAdmins.get(id) ?? ADMIN), "ADMIN");
  }
  for (const role of roles) {
    findings.same(
      `guardian of ${role.label}`,
      nameOf(await manager<bigint>("getRoleGuardian", role.id)),
      nameOf(role.guardian),
    );
  }
  for (const [id, members] of grants.members) {
    if (intended.some((each) => each.id === id) || members.size === 0) continue;
    findings.same(`holders of ${nameOf(id)}`, [...members.keys()].join(", "), "nobody");
  }

  checkFunctions(findings, request, grants, roles, nameOf);
  for (const target of targets) {
    findings.same(`admin delay of ${target}`, grants.targetDelays.get(target) ?? 0n, g.targetAdminDelaySeconds);
  }
  findings.same("closed targets", [...grants.closed].join(", ") || "none", "none");
  await checkTable(findings, request, roles);

  if (deployer === undefined) {
    findings.same("events of the AccessManager since the deployment", "none", "its first grant");
    return;
  }
  for (const { id } of intended) {
    const [member] = await manager<[boolean, bigint]>("hasRole", id, deployer);
    findings.same(`deployer ${deployer} is ${nameOf(id)}`, member, false);
  }
}

function checkFunctions(
  findings: Findings,
  { deployment }: CheckRequest,
  grants: Grants,
  roles: readonly Role[],
  nameOf: (id: bigint) => string,
): void {
  const intended = new Map<string, bigint>();
  for (const role of roles) {
    const allow = (target: string, selectors: readonly string[]) => {
      for (const selector of selectors) intended.set(`${target} ${selector}`, role.id);
    };
    if (deployment.capital !== undefined) allow(deployment.capital, role.capital);
    allow(deployment.loanManager, role.manager);
    allow(deployment.termLoanManager, role.manager);
    for (const { pool, kind } of deployment.facilities) allow(pool, functionsOnPool(role, kind === "term"));
  }
  for (const [key, id] of intended) {
    findings.same(`who may call ${key}`, nameOf(grants.functions.get(key) ?? ADMIN), nameOf(id));
  }
  for (const [key, id] of grants.functions) {
    if (!intended.has(key)) findings.same(`who may call ${key}`, nameOf(id), "ADMIN");
  }
}

/** What signers read on chain is what was set. */
async function checkTable(findings: Findings, request: CheckRequest, roles: readonly Role[]): Promise<void> {
  const { roleTable } = request.deployment;
  if (roleTable === undefined) return;
  const table = asking(request, "RoleTable", roleTable);
  for (const { id, label, manager, pool, sheets, capital } of roles) {
    findings.same(
      `RoleTable, ${label} on the manager`,
      listed(await table<string[]>("managerSelectors", id)),
      listed(manager),
    );
    findings.same(`RoleTable, ${label} on a pool`, listed(await table<string[]>("poolSelectors", id)), listed(pool));
    findings.same(
      `RoleTable, ${label} on term sheets`,
      listed(await table<string[]>("sheetSelectors", id)),
      listed(sheets),
    );
    findings.same(
      `RoleTable, ${label} on Capital`,
      listed(await table<string[]>("capitalSelectors", id)),
      listed(capital),
    );
  }
}

const listed = (selectors: readonly string[]): string => [...selectors].sort().join(" ") || "none";
