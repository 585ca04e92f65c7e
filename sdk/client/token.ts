import type { Deployment } from "./deployment.js";
import { InvalidDeployment } from "./errors.js";

/** An ERC-20 and how people write amounts of it. */
export interface Token {
  readonly address: string;
  readonly symbol: string;
  readonly decimals: number;
}

/** A token of the deployment by its address. */
export function tokenOf(deployment: Deployment, address: string): Token {
  const known = deployment.tokens[address];
  if (known === undefined) throw new InvalidDeployment(`the deployment names no token ${address}`);
  return { address, ...known };
}

/** Where fees are paid in; the native token of every OP-Stack chain that Ballast is made for. */
export const ETHER: Token = { address: "0x0000000000000000000000000000000000000000", symbol: "ETH", decimals: 18 };
