import type { JsonRpcApiProvider } from "ethers";
import type { Deployment } from "../sdk/client/deployment.js";
import type { CompiledContracts } from "./artifacts.js";
import { checkCode } from "./check/code.js";
import { Findings } from "./check/findings.js";
import { checkFacility } from "./check/facility.js";
import { readGrants } from "./check/grants.js";
import { checkRoles } from "./check/roles.js";
import { checkWiring } from "./check/wiring.js";
import { CheckFailed } from "./errors.js";
import type { Parameters } from "./parameters.js";
import { makePlan } from "./plan.js";

export interface CheckRequest {
  deployment: Deployment;
  parameters: Parameters;
  provider: JsonRpcApiProvider;
  artifacts: CompiledContracts;
}

/** How many facts were compared. */
export interface CheckReport {
  facts: number;
}

/**
 * Reads a finished deployment back from the chain and compares it with its parameters: code, addresses, terms, prices, seed,
 * roles and delays.
 *
 * @throws CheckFailed naming everything that was found and is not what was expected
 */
export async function checkDeployment(request: CheckRequest): Promise<CheckReport> {
  const { deployment, parameters, provider } = request;
  const findings = new Findings();
  const plan = await makePlan(parameters, provider);
  await checkCode(findings, request);
  // What has no code, or another, would only answer nonsense to the rest.
  if (findings.all.length > 0) throw new CheckFailed(findings.all);
  await checkWiring(findings, request);
  findings.same("number of facilities", deployment.facilities.length, plan.facilities.length);
  for (const [index, facility] of plan.facilities.entries()) {
    const deployed = deployment.facilities[index];
    if (deployed) await checkFacility(findings, request, facility, deployed);
  }
  await checkRoles(findings, request, await readGrants(provider, deployment));
  if (findings.all.length > 0) throw new CheckFailed(findings.all);
  return { facts: findings.facts };
}
