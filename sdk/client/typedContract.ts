import { type BlockTag, Interface, ParamType, type Provider, Result } from "ethers";
import { ClientError } from "./errors.js";

/** One parameter of an ABI written `as const`. */
export interface AbiParameter {
  readonly name?: string;
  readonly type: string;
  readonly components?: readonly AbiParameter[];
}

interface AbiEntry {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly AbiParameter[];
  readonly outputs?: readonly AbiParameter[];
}

/** An ABI written `as const`, as those in ./abi are. */
export type Abi = readonly AbiEntry[];

/** TypeScript's type of a Solidity value: every integer a bigint, a struct an object, bytes and addresses hex strings. */
export type AbiValue<P extends AbiParameter> = P["type"] extends `${infer Element}[${string}]`
  ? readonly AbiValue<{ type: Element; components: NonNullable<P["components"]> }>[]
  : P["type"] extends "tuple"
    ? AbiObject<NonNullable<P["components"]>>
    : P["type"] extends `uint${string}` | `int${string}`
      ? bigint
      : P["type"] extends "bool"
        ? boolean
        : string;

/** Named parameters as one object. */
export type AbiObject<Ps extends readonly AbiParameter[]> = {
  readonly [P in Ps[number] as P["name"] & string]: AbiValue<P>;
};

type AbiTuple<Ps extends readonly AbiParameter[]> = { readonly [I in keyof Ps]: AbiValue<Ps[I]> };

type Entry<A extends Abi, T extends string, N extends string> = Extract<A[number], { type: T; name: N }>;
type Inputs<E> = E extends { inputs: infer I extends readonly AbiParameter[] } ? I : readonly [];
type Outputs<E> = E extends { outputs: infer O extends readonly AbiParameter[] } ? O : readonly [];

/** Names of an ABI's functions, errors or events. */
export type AbiName<A extends Abi, T extends "function" | "error" | "event"> = Extract<A[number], { type: T }>["name"] &
  string;

/** Arguments of a function, in order. */
export type AbiArguments<A extends Abi, N extends string> = AbiTuple<Inputs<Entry<A, "function", N>>>;

/** What a function returns: one value as it is, several as a tuple. */
export type AbiResult<A extends Abi, N extends string> =
  Outputs<Entry<A, "function", N>> extends readonly [infer Only extends AbiParameter]
    ? AbiValue<Only>
    : AbiTuple<Outputs<Entry<A, "function", N>>>;

/** Arguments of an error or event, by name. */
export type AbiNamed<A extends Abi, T extends "error" | "event", N extends string> = AbiObject<Inputs<Entry<A, T, N>>>;

/** Turns what ethers decoded into plain values: a struct becomes an object with only its own names. */
export function plainValue(type: ParamType, value: unknown): unknown {
  if (!(value instanceof Result)) return value;
  if (type.isArray()) return [...value].map((element) => plainValue(type.arrayChildren, element));
  return plainObject(type.components ?? [], value);
}

/** The same for a list of named parameters. */
export function plainObject(types: readonly ParamType[], values: Result): Record<string, unknown> {
  return Object.fromEntries(types.map((type, index) => [type.name, plainValue(type, values[index])]));
}

export interface ReadOptions {
  readonly blockTag?: BlockTag;
  readonly from?: string;
}

/** A function was read at an address that holds no contract, or another one. */
export class UnexpectedAnswer extends ClientError {}

/**
 * A contract whose calls are typed by its ABI. It holds no provider: who reads says through what.
 *
 * @example
 * const manager = new TypedContract(loanManagerAbi, deployment.loanManager);
 * const loan = await manager.read(provider, "loanOf", [id]);
 * console.log(loan.collateral);
 */
export class TypedContract<const A extends Abi> {
  readonly interface: Interface;

  constructor(
    abi: A,
    readonly address: string,
  ) {
    this.interface = interfaceOf(abi);
  }

  /** Calldata of a call. */
  encode<N extends AbiName<A, "function">>(name: N, args: AbiArguments<A, N>): string {
    return this.interface.encodeFunctionData(name, args as readonly unknown[]);
  }

  /** Value a call returned. */
  decode<N extends AbiName<A, "function">>(name: N, data: string): AbiResult<A, N> {
    const fragment = this.interface.getFunction(name);
    if (fragment === null || (data === "0x" && fragment.outputs.length !== 0)) {
      throw new UnexpectedAnswer(`${name} was answered with nothing: there is no such contract at ${this.address}`);
    }
    const values = this.interface.decodeFunctionResult(fragment, data);
    const plain = fragment.outputs.map((type, index) => plainValue(type, values[index]));
    return (plain.length === 1 ? plain[0] : plain) as AbiResult<A, N>;
  }

  /** Calls a view; what it reverts with is thrown as ethers throws it. */
  async read<N extends AbiName<A, "function">>(
    provider: Provider,
    name: N,
    args: AbiArguments<A, N>,
    options: ReadOptions = {},
  ): Promise<AbiResult<A, N>> {
    return this.decode(name, await provider.call({ to: this.address, data: this.encode(name, args), ...options }));
  }
}

const interfaces = new WeakMap<Abi, Interface>();

/** One ethers Interface an ABI: building one costs more than using it. */
export function interfaceOf(abi: Abi): Interface {
  const known = interfaces.get(abi);
  if (known !== undefined) return known;
  const made = new Interface(abi);
  interfaces.set(abi, made);
  return made;
}
