import { ModelInputError } from "../errors.js";

/** An account, 20 bytes in lower case: the machine compares addresses as strings. */
export type Address = `0x${string}`;

/** The zero address: nobody, no gate, no offer. */
export const ZERO_ADDRESS: Address = "0x0000000000000000000000000000000000000000";

/** Where the shares of a facility's seed stay. */
export const NOBODY: Address = "0x000000000000000000000000000000000000dead";

const PATTERN = /^0x[0-9a-fA-F]{40}$/;

export const isAddress = (text: string): boolean => PATTERN.test(text);

/** Any spelling of an address, checksummed or not, as the machine keeps it. */
export function toAddress(text: string): Address {
  if (!isAddress(text)) throw new ModelInputError("address", text, "0x and 40 hexadecimal digits");
  return text.toLowerCase() as Address;
}
