import { MaxUint256, type Signature, type TypedDataDomain, TypedDataEncoder } from "ethers";
import { type Client, erc20At, type loansOf } from "./client.js";

/** An EIP-712 message, as an ethers signer takes it. */
export interface TypedData {
  readonly domain: TypedDataDomain;
  readonly types: Record<string, { name: string; type: string }[]>;
  readonly message: Readonly<Record<string, unknown>>;
}

/** An ERC-2612 permit that is still to be signed by the token's owner. */
export interface UnsignedPermit {
  readonly token: string;
  readonly owner: string;
  readonly spender: string;
  readonly value: bigint;
  readonly deadline: bigint;
  readonly typedData: TypedData;
}

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** How long a permit is good for; long enough to be mined, short enough to be forgotten. */
const PERMIT_SECONDS = 1_800n;

/** Names tokens give their domain's version where they do not say it: "1" by the standard's habit, "2" in USDC's tokens. */
const USUAL_VERSIONS = ["1", "2"];

/**
 * A permit for a token that has ERC-2612; undefined for one that has not, or whose domain cannot be found out. The domain is
 * never guessed: it has to give the very separator that the token itself says.
 */
export async function permitFor(
  { provider }: Client,
  request: { token: string; owner: string; spender: string; value: bigint },
): Promise<UnsignedPermit | undefined> {
  const token = erc20At(request.token);
  const [nonce, separator, name, { chainId }, block, declared] = await Promise.all([
    token.read(provider, "nonces", [request.owner]).catch(() => undefined),
    token.read(provider, "DOMAIN_SEPARATOR", []).catch(() => undefined),
    token.read(provider, "name", []).catch(() => undefined),
    provider.getNetwork(),
    provider.getBlock("latest"),
    token.read(provider, "eip712Domain", []).catch(() => undefined),
  ]);
  if (nonce === undefined || separator === undefined || name === undefined || block === null) return undefined;
  const candidates = [declared?.[2], ...USUAL_VERSIONS].filter((version) => version !== undefined);
  const domain = candidates
    .map((version) => ({ name: declared?.[1] ?? name, version, chainId, verifyingContract: request.token }))
    .find((candidate) => TypedDataEncoder.hashDomain(candidate) === separator);
  if (domain === undefined) return undefined;
  const deadline = BigInt(block.timestamp) + PERMIT_SECONDS;
  const { owner, spender, value } = request;
  return {
    ...request,
    deadline,
    typedData: { domain, types: PERMIT_TYPES, message: { owner, spender, value, nonce, deadline } },
  };
}

/** Calldata of a loan manager's permit, to be put before an action in a multicall. The owner has to be the caller. */
export function encodePermit(
  manager: ReturnType<typeof loansOf>,
  permit: UnsignedPermit,
  signature: Signature,
): string {
  const { token, spender, value, deadline } = permit;
  return manager.encode("permit", [token, spender, value, deadline, BigInt(signature.v), signature.r, signature.s]);
}

/** No limit, in an approval or a request. */
export const UNLIMITED = MaxUint256;
