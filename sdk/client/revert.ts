import { AbiCoder, type Interface, dataSlice, isHexString, toBeHex } from "ethers";
import * as abis from "./abi/index.js";
import { type AbiName, type AbiNamed, interfaceOf, plainObject } from "./typedContract.js";

type AnyAbi = (typeof abis)[keyof typeof abis];

/** Names of all errors that Ballast's contracts, their tokens and their AccessManager declare. */
export type RevertName = AbiName<AnyAbi, "error">;
export type RevertArguments<N extends RevertName> = AbiNamed<AnyAbi, "error", N>;

/** A custom error of a known contract, or one of the two that Solidity has itself. */
export type DecodedRevert =
  | { [N in RevertName]: { readonly name: N; readonly args: RevertArguments<N> } }[RevertName]
  | { readonly name: "Error"; readonly args: { readonly message: string } }
  | { readonly name: "Panic"; readonly args: { readonly code: bigint } };

const ERROR_STRING = "0x08c379a0";
const PANIC = "0x4e487b71";

const bySelector = new Map<string, Interface>();
for (const abi of Object.values(abis)) {
  const contract = interfaceOf(abi);
  contract.forEachError(({ selector }) => bySelector.set(selector, contract));
}

/** What a contract reverted with, or undefined where no contract of ours says such a thing. */
export function decodeRevert(data: string): DecodedRevert | undefined {
  if (!isHexString(data) || data.length < 10) return undefined;
  const selector = dataSlice(data, 0, 4);
  const coder = AbiCoder.defaultAbiCoder();
  try {
    if (selector === ERROR_STRING) {
      const [message] = coder.decode(["string"], dataSlice(data, 4)) as unknown as [string];
      return { name: "Error", args: { message } };
    }
    if (selector === PANIC) {
      const [code] = coder.decode(["uint256"], dataSlice(data, 4)) as unknown as [bigint];
      return { name: "Panic", args: { code } };
    }
    const found = bySelector.get(selector)?.parseError(data);
    if (found == null) return undefined;
    // The name and the arguments come from one ABI entry, so they belong together.
    return { name: found.name, args: plainObject(found.fragment.inputs, found.args) } as unknown as DecodedRevert;
  } catch {
    // Data that begins like an error of ours and goes on as nothing of ours.
    return undefined;
  }
}

const PANICS: Readonly<Record<string, string>> = {
  "0x01": "an assertion failed",
  "0x11": "a number left its range",
  "0x12": "a division by zero",
  "0x21": "a number that is no choice of its enumeration",
  "0x32": "an index beyond its array",
  "0x41": "more memory than there is",
};

export function panicMeaning(code: bigint): string {
  const hex = toBeHex(code, 1);
  return PANICS[hex] ?? `panic ${hex}`;
}

/** Revert data anywhere inside what a provider threw: nodes and ethers put it in different places. */
export function revertDataOf(error: unknown): string | undefined {
  const seen = new Set<unknown>();
  const look = (value: unknown): string | undefined => {
    if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
    seen.add(value);
    const { data } = value as { data?: unknown };
    if (typeof data === "string" && isHexString(data) && data.length >= 10 && data.length % 2 === 0) return data;
    // Not "payload" and "transaction": their data are what was asked, not what was answered.
    for (const key of ["data", "error", "info", "cause"] as const) {
      const found = look((value as Record<string, unknown>)[key]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return look(error);
}
