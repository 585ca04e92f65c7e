import { type JsonRpcProvider, getAddress, isAddress } from "ethers";
import { type Client, checkNetwork, createClient } from "../../sdk/client/client.js";
import { readDeployment } from "../../sdk/client/deploymentFile.js";
import { parseLoanId } from "../../sdk/client/loanIds.js";
import { nodeAt } from "../../sdk/client/network.js";
import { UsageError } from "./exitCodes.js";
import { type Account, type KeyOptions, accountOf } from "./keys.js";
import { Output } from "./output.js";
import type { Terminal } from "./terminal.js";

/** Options that every command takes. */
export interface GlobalOptions extends KeyOptions {
  readonly rpc?: string;
  readonly deployment?: string;
  readonly json?: true;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly permit?: true;
  readonly from?: string;
  readonly timeout?: string;
}

/** What a command works with: a deployment seen through a node, somebody who acts, somewhere to write. */
export class Session {
  private constructor(
    readonly client: Client,
    readonly options: GlobalOptions,
    readonly output: Output,
    readonly terminal: Terminal,
    private readonly provider: JsonRpcProvider,
    private readonly account: Account | undefined,
  ) {}

  static async open(options: GlobalOptions, terminal: Terminal): Promise<Session> {
    const deployment = readDeployment(options.deployment);
    const url = options.rpc ?? deployment.rpc;
    if (url === undefined) {
      throw new UsageError(`the deployment "${deployment.network}" names no node: say one with --rpc http://…`);
    }
    if (!/^https?:\/\//.test(url))
      throw new UsageError(`"${url}" is no address of a node: it begins with http:// or https://`);
    const account = accountOf(options, terminal);
    const provider = nodeAt(url, deployment.chainId);
    const client = createClient(provider, deployment);
    try {
      await checkNetwork(client);
    } catch (error) {
      provider.destroy();
      throw error;
    }
    return new Session(client, options, new Output(terminal, options.json === true), terminal, provider, account);
  }

  close(): void {
    this.provider.destroy();
  }

  /** Who acts or is asked about: --from, else the key's address. */
  get address(): string | undefined {
    if (this.options.from === undefined) return this.account?.address;
    return addressArgument(this.options.from, "--from");
  }

  /** The same, where nothing can be done without. */
  requireAddress(): string {
    const { address } = this;
    if (address === undefined) {
      throw new UsageError("who acts? Name a key with --keystore or --key-file (for a dry run, --from is enough)");
    }
    return address;
  }

  /** The account that signs for `from`. */
  async signer(from: string) {
    if (this.account === undefined) {
      throw new UsageError("something is to be signed: name a key with --keystore or --key-file");
    }
    if (this.account.address !== from) {
      throw new UsageError(`the key is of ${this.account.address}, but --from says ${from}`);
    }
    const wallet = await this.account.unlock();
    if (wallet.address !== from) throw new UsageError(`the keystore says it is of ${from}, but holds another key`);
    return wallet.connect(this.provider);
  }

  /** A loan as the person wrote it; facility:salt is short for one of their own. */
  loanId(text: string, owner = this.address): bigint {
    return parseLoanId(text, owner);
  }
}

export function addressArgument(text: string, what: string): string {
  const isOne: boolean = isAddress(text);
  if (!isOne) throw new UsageError(`${what} "${text}" is no address: 0x and 40 hex digits`);
  return getAddress(text);
}

/** Whole seconds out of "90", "30m", "12h" or "7d". */
export function secondsArgument(text: string, what: string): bigint {
  const [, count, unit = "s"] = /^(\d{1,9})\s*([smhd]?)$/.exec(text.trim()) ?? [];
  if (count === undefined) throw new UsageError(`${what} "${text}" is no length of time: write 90s, 30m, 12h or 7d`);
  const seconds = { s: 1n, m: 60n, h: 3_600n, d: 86_400n }[unit] ?? 1n;
  return BigInt(count) * seconds;
}
