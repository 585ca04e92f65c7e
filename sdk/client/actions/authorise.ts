import { getAddress } from "ethers";
import {
  type Authorisation,
  type SignedAuthorisation,
  authorisationTransaction,
  describeAuthorisation,
  encodeSignedAuthorisation,
} from "../authorisation.js";
import { type Client, loansOf } from "../client.js";
import { facilityOf } from "../facility.js";
import type { Plan } from "./plan.js";

/** Lets an operator act on all the caller's loans in a facility; without actions, no longer. */
export function planAuthorise(
  client: Client,
  request: {
    readonly from: string;
    readonly facility: number | string;
    readonly operator: string;
    readonly authorisation: Authorisation;
  },
): Plan {
  const from = getAddress(request.from);
  const operator = getAddress(request.operator);
  const facility = facilityOf(client.deployment, request.facility);
  const { authorisation } = request;
  return {
    action: "authorise",
    summary:
      authorisation.actions.length === 0
        ? `lets ${operator} do nothing any more in facility ${facility.id}`
        : `lets ${operator} ${describeAuthorisation(facility, authorisation)}`,
    facility,
    transaction: authorisationTransaction(client, from, facility.id, operator, authorisation),
    before: [],
    needs: [],
    context: { facility },
  };
}

/** Brings an authorisation that its owner has signed. */
export function planBringAuthorisation(
  client: Client,
  request: { readonly from: string; readonly signed: SignedAuthorisation },
): Plan {
  const { signed } = request;
  const facility = facilityOf(client.deployment, signed.facility);
  const authorisation: Authorisation = {
    actions: signed.actions,
    expiresAt: BigInt(signed.expiresAt),
    cashLimit: BigInt(signed.cashLimit),
    collateralLimit: BigInt(signed.collateralLimit),
  };
  return {
    action: "authorise",
    summary: `brings the signature of ${signed.owner}, who lets ${signed.operator} ${describeAuthorisation(facility, authorisation)}`,
    facility,
    transaction: {
      from: getAddress(request.from),
      to: loansOf(client, facility.id).address,
      data: encodeSignedAuthorisation(client, signed),
    },
    before: [],
    needs: [],
    context: { facility },
  };
}
