import { getAddress, toBeHex } from "ethers";
import { ClientError } from "./errors.js";

/** What a loan's id is made of: opener (160 bits) ‖ facility (32) ‖ the opener's salt (64). */
export interface LoanIdParts {
  /** Who opened it. Whoever owns it now is in LoanManager.ownerOf. */
  readonly opener: string;
  readonly facility: number;
  readonly salt: bigint;
}

/** A text that names no loan. */
export class InvalidLoanId extends ClientError {}

const MAX_SALT = 2n ** 64n - 1n;
const MAX_FACILITY = 2 ** 32 - 1;

/**
 * @example
 * encodeLoanId({ opener: wallet.address, facility: 1, salt: 0n });
 */
export function encodeLoanId({ opener, facility, salt }: LoanIdParts): bigint {
  if (salt < 0n || salt > MAX_SALT) {
    throw new InvalidLoanId(`a salt is between 0 and ${MAX_SALT.toString()}, not ${salt.toString()}`);
  }
  if (!Number.isInteger(facility) || facility < 1 || facility > MAX_FACILITY) {
    throw new InvalidLoanId(`a facility's number is between 1 and ${MAX_FACILITY}, not ${facility}`);
  }
  return (BigInt(getAddress(opener)) << 96n) | (BigInt(facility) << 64n) | salt;
}

export function decodeLoanId(id: bigint): LoanIdParts {
  if (id < 0n || id >> 256n !== 0n) throw new InvalidLoanId(`${id.toString()} does not fit 256 bits`);
  return {
    opener: getAddress(toBeHex(id >> 96n, 20)),
    facility: Number((id >> 64n) & BigInt(MAX_FACILITY)),
    salt: id & MAX_SALT,
  };
}

/** All 32 bytes: the opener, then facility and salt, can be read in it. */
export function formatLoanId(id: bigint): string {
  return toBeHex(id, 32);
}

/** "facility:salt", which names a loan among those of one opener. */
export function shortLoanId(id: bigint): string {
  const { facility, salt } = decodeLoanId(id);
  return `${facility}:${salt.toString()}`;
}

/**
 * A loan's id as people write it: all of it in decimal or 0x hex, or `facility:salt` for a loan that `opener` opened.
 *
 * @throws InvalidLoanId
 */
export function parseLoanId(text: string, opener?: string): bigint {
  const short = /^(\d+):(\d+)$/.exec(text);
  if (short !== null) {
    if (opener === undefined) {
      throw new InvalidLoanId(`${text} is short for one of your own loans: say who you are, or write the whole id`);
    }
    return encodeLoanId({ opener, facility: Number(short[1]), salt: BigInt(short[2] ?? "") });
  }
  if (!/^(\d+|0x[0-9a-fA-F]{1,64})$/.test(text)) {
    throw new InvalidLoanId(`"${text}" is not a loan's id: write it in decimal, in 0x hex, or as facility:salt`);
  }
  const id = BigInt(text);
  if (decodeLoanId(id).facility === 0) {
    throw new InvalidLoanId(`"${text}" is not a loan's id: there is no facility in it; your own loan is facility:salt`);
  }
  return id;
}
