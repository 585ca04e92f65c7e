import type { DeployedFacility, Deployment } from "./deployment.js";
import { ClientError } from "./errors.js";
import { type Token, tokenOf } from "./token.js";

/** One facility and the contracts it consists of, as deployed; what changes is in FacilityState. */
export interface Facility {
  readonly id: number;
  readonly name: string;
  readonly kind: DeployedFacility["kind"];
  readonly pool: string;
  readonly vault: string;
  /** Of the senior lenders. */
  readonly tranche: string;
  /** Undefined where the facility has none, as the next two. */
  readonly junior?: string | undefined;
  readonly cover?: string | undefined;
  /** Where senior lenders wait for cash. */
  readonly queue?: string | undefined;
  readonly collateral: Token;
  readonly loan: Token;
}

/** The deployment has no such facility. */
export class UnknownFacility extends ClientError {}

/** A facility by its number or its name. */
export function facilityOf(deployment: Deployment, facility: number | string): Facility {
  const text = facility.toString().trim().toLowerCase();
  const found = deployment.facilities.find((f) => f.id.toString() === text || f.name.toLowerCase() === text);
  if (found === undefined) {
    const known = deployment.facilities.map((f) => `${f.id} (${f.name})`).join(", ");
    throw new UnknownFacility(`there is no facility ${facility} in this deployment; it has ${known}`);
  }
  const { id, name, kind, pool, vault, tranche, junior, cover, queue, collateralAsset, loanAsset } = found;
  const [collateral, loan] = [tokenOf(deployment, collateralAsset), tokenOf(deployment, loanAsset)];
  return { id, name, kind, pool, vault, tranche, junior, cover, queue, collateral, loan };
}
