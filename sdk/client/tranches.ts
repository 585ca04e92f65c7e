import { ClientError } from "./errors.js";
import type { Facility } from "./facility.js";
import type { Token } from "./token.js";

/** The lenders' classes in the reverse order of bearing a loss; their places are the contracts' numbers of them. */
export const TRANCHES = ["senior", "junior", "cover"] as const;
export type TrancheName = (typeof TRANCHES)[number];

/** A facility without lenders of that class. */
export class NoSuchTranche extends ClientError {
  constructor(facility: Facility, name: TrancheName) {
    super(
      `facility ${facility.id} (${facility.name}) has no ${name} lenders; it has ${tranchesOf(facility).join(", ")}`,
    );
  }
}

/** Shares have six decimals more than what they are shares in. */
const MORE_DECIMALS = 6;

const addressIn = (facility: Facility, name: TrancheName): string | undefined =>
  name === "senior" ? facility.tranche : facility[name];

/** The classes that a facility has. */
export function tranchesOf(facility: Facility): TrancheName[] {
  return TRANCHES.filter((name) => addressIn(facility, name) !== undefined);
}

/** @throws NoSuchTranche */
export function trancheAddress(facility: Facility, name: TrancheName): string {
  const address = addressIn(facility, name);
  if (address === undefined) throw new NoSuchTranche(facility, name);
  return address;
}

export function trancheClass(name: TrancheName): bigint {
  return BigInt(TRANCHES.indexOf(name));
}

/** Shares of a class, for writing amounts of them. */
export function sharesOf(facility: Facility, name: TrancheName): Token {
  return {
    address: trancheAddress(facility, name),
    symbol: "shares",
    decimals: facility.loan.decimals + MORE_DECIMALS,
  };
}
