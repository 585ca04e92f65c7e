import { keccak256 } from "ethers";
import { WrongChain } from "../errors.js";
import { Node } from "./node.js";
import type { Rpc } from "./rpc.js";
import { TransportError } from "./rpcErrors.js";

export interface IdentityOptions {
  /** Contracts whose code must be the same at every endpoint, by name. */
  readonly contracts: Readonly<Record<string, string>>;
  /** A block all endpoints must agree on: the deployment's. */
  readonly anchorBlock: number;
  /** What is checked once, at the first endpoint: that the contracts are what the deployment says. */
  readonly checkFirst: (node: Node) => Promise<void>;
}

type Fingerprint = ReadonlyMap<string, string>;

/**
 * Tells whether an endpoint serves the chain and contracts the keeper began with. The first right one is checked in full and
 * remembered: chain id, code of the contracts, hash of the deployment's block. Whoever comes later, or comes back, must have
 * the same.
 */
export class Identity {
  private known: Fingerprint | undefined;

  constructor(private readonly options: IdentityOptions) {}

  /** @throws WrongChain naming what differs */
  async verify(endpoint: Rpc): Promise<void> {
    const node = new Node(endpoint);
    if (this.known === undefined) await this.options.checkFirst(node);
    const found = await this.fingerprint(node);
    this.known ??= found;
    for (const [what, value] of this.known) {
      if (found.get(what) === value) continue;
      throw new WrongChain(
        `an endpoint has another ${what}: ${found.get(what)}, not ${value} as at the start; it is not asked any more`,
      );
    }
  }

  private async fingerprint(node: Node): Promise<Fingerprint> {
    const { contracts, anchorBlock } = this.options;
    const [chainId, anchor, ...codes] = await Promise.all([
      node.chainId(),
      node.head(anchorBlock),
      ...Object.values(contracts).map((address) => node.code(address)),
    ]);
    if (anchor === undefined) {
      throw new TransportError("eth_getBlockByNumber", `it has no block ${anchorBlock} yet`, { kind: "not-here" });
    }
    const names = Object.keys(contracts);
    return new Map([
      ["chain id", `${chainId}`],
      ...codes.map((code, at) => [`code of the ${names[at]}`, keccak256(code)] as const),
      [`block ${anchorBlock}`, anchor.hash],
    ]);
  }
}
