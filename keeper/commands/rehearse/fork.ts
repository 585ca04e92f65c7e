import { z } from "zod";
import type { Rpc } from "../../chain/rpc.js";
import { RpcError } from "../../chain/rpcErrors.js";
import { WrongChain } from "../../errors.js";

const text = z.string();
/** Forks and devnets; a real node has none of what is asked here. */
const FORKS = /anvil|hardhat|edr/i;

/** A chain that may be changed, and put back as it was. */
export class Fork {
  private constructor(private readonly rpc: Pick<Rpc, "request">) {}

  /** @throws WrongChain where the node is not Anvil or Hardhat: nothing is done to a live chain */
  static async at(rpc: Pick<Rpc, "request">): Promise<Fork> {
    const version = text.catch("").parse(await rpc.request("web3_clientVersion", []));
    if (FORKS.test(version)) return new Fork(rpc);
    throw new WrongChain(
      `the node calls itself "${version}": a rehearsal changes prices and the clock, so it needs a fork (anvil --fork-url …) or a devnet`,
    );
  }

  async snapshot(): Promise<string> {
    return text.parse(await this.rpc.request("evm_snapshot", []));
  }

  async revert(snapshot: string): Promise<void> {
    if ((await this.rpc.request("evm_revert", [snapshot])) === true) return;
    throw new WrongChain("the fork could not be put back as it was: start it anew before you use it for anything else");
  }

  async mine(): Promise<void> {
    await this.rpc.request("evm_mine", []);
  }

  async pass(seconds: number): Promise<void> {
    await this.rpc.request("evm_increaseTime", [seconds]);
    await this.mine();
  }

  async setCode(address: string, code: string): Promise<void> {
    await this.rpc.request("hardhat_setCode", [address, code]);
  }

  /** From now on transactions may be sent in its name, without a key. */
  async impersonate(address: string, wei?: bigint): Promise<void> {
    await this.rpc.request("hardhat_impersonateAccount", [address]);
    if (wei !== undefined) await this.rpc.request("hardhat_setBalance", [address, `0x${wei.toString(16)}`]);
  }

  /** @returns whether the node can: Anvil does, Hardhat does not */
  async giveTokens(token: string, to: string, amount: bigint): Promise<boolean> {
    try {
      await this.rpc.request("anvil_dealERC20", [to, token, `0x${amount.toString(16)}`]);
      return true;
    } catch (error) {
      if (error instanceof RpcError) return false;
      throw error;
    }
  }

  async send(from: string, to: string, data: string, gas: bigint): Promise<string> {
    return text.parse(
      await this.rpc.request("eth_sendTransaction", [{ from, to, data, gas: `0x${gas.toString(16)}` }]),
    );
  }
}
