import { type Address, toAddress } from "./address.js";

const FACILITY_BITS = 32n;
const SALT_BITS = 64n;

/** A loan's id: opener (160 bits) ‖ facility (32) ‖ the opener's salt (64). */
export function encodeLoanId(opener: Address, facility: bigint, salt: bigint): bigint {
  return (BigInt(opener) << (FACILITY_BITS + SALT_BITS)) | (facility << SALT_BITS) | salt;
}

/** Who opened it; its owner too, unless it was transferred. */
export function openerOf(id: bigint): Address {
  return toAddress(`0x${(id >> (FACILITY_BITS + SALT_BITS)).toString(16).padStart(40, "0")}`);
}

export function facilityNumberOf(id: bigint): bigint {
  return BigInt.asUintN(Number(FACILITY_BITS), id >> SALT_BITS);
}
