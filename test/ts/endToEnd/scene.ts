import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Contract, type JsonRpcProvider, MaxUint256, Wallet } from "ethers";
import { deployBallast, httpProvider, localParameters, mintSeeds, parseParameters } from "../../../deploy/index.js";
import { type Devnet, type DevnetAccount, type ForcedTransaction, startDevnet } from "../../../devnet/index.js";
import { writeDeployment } from "../../../sdk/client/deploymentFile.js";
import {
  type Client,
  type Plan,
  type Sent,
  createClient,
  erc20At,
  requireFeasible,
  sendPlan,
  stepsOf,
} from "../../../sdk/index.js";
import { mined, open, wallet } from "../devnet/support.js";
import { KeeperProcess } from "../keeper/support/keeperProcess.js";

const L1_TOKEN = ["function mint(address, uint256)", "function approve(address, uint256)"];
const BRIDGE = ["function bridgeERC20(address, address, uint256, uint32, bytes)"];
const BRIDGE_GAS = 300_000;

/** Both chains, Ballast on them as it is deployed for real, and what people do there with what they have: keys and nodes. */
export class Scene {
  private constructor(
    readonly devnet: Devnet,
    readonly l1: JsonRpcProvider,
    readonly l2: JsonRpcProvider,
    readonly client: Client,
    private readonly folder: string,
  ) {}

  static async set(startTime: bigint, btcPrice: bigint): Promise<Scene> {
    const devnet = await startDevnet({ startTime, btcPrice });
    try {
      const { info } = devnet;
      const node = info.l2.rpcUrl;
      const deployer = new Wallet(info.accounts.deployer.privateKey);
      const parameters = localParameters(info);
      await mintSeeds(httpProvider(node), deployer, parseParameters(parameters));
      const { deployment } = await deployBallast({ node, deployer, parameters, pollingIntervalMs: 10 });
      const l2 = open(devnet, "l2");
      const folder = mkdtempSync(join(tmpdir(), "ballast-story-"));
      return new Scene(devnet, open(devnet, "l1"), l2, createClient(l2, deployment), folder);
    } catch (error) {
      await devnet.stop();
      throw error;
    }
  }

  /** Starts the keeper, as its operator would: a process with a deployment file and a key file. */
  async startKeeper(): Promise<KeeperProcess> {
    const { accounts, l2 } = this.devnet.info;
    const file = (name: string) => join(this.folder, name);
    writeDeployment({ ...this.client.deployment, rpc: l2.rpcUrl }, file("deployment.json"));
    writeFileSync(file("key"), accounts.keeper.privateKey, { mode: 0o600 });
    const keeper = KeeperProcess.start([
      ...["--deployment", file("deployment.json"), "--key-file", file("key"), "--state-dir", file("state")],
      ...["--http-port", "0", "--poll-ms", "20", "--ether-price", "200", "--report"],
    ]);
    await keeper.ready();
    return keeper;
  }

  async stop(): Promise<void> {
    this.l1.destroy();
    this.l2.destroy();
    await this.devnet.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Buys wrapped BTC on L1 and takes it over the standard bridge. @param amount satoshis */
  async bridgeIn(who: DevnetAccount, amount: bigint): Promise<void> {
    const { tokens, l1 } = this.devnet.info;
    const signer = wallet(this.l1, who);
    const token = new Contract(tokens.wrappedBtc.l1, L1_TOKEN, signer);
    const bridge = new Contract(l1.contracts.standardBridge, BRIDGE, signer);
    await mined(this.l1, await token.mint!(who.address, amount));
    await mined(this.l1, await token.approve!(bridge, amount));
    const { l1: onL1, l2: onL2 } = tokens.wrappedBtc;
    await mined(this.l1, await bridge.bridgeERC20!(onL1, onL2, amount, BRIDGE_GAS, "0x"));
    await this.devnet.derive();
  }

  /** Sends a plan of the sdk, with the approvals it needs. */
  send(who: DevnetAccount, plan: Plan): Promise<Sent> {
    return sendPlan(this.client, wallet(this.l2, who), plan);
  }

  /** Leaves a plan of the sdk, with the approvals it needs, with the portal on L1: L2 has to include it, as `who`'s own. */
  async force(who: DevnetAccount, plan: Plan): Promise<number> {
    requireFeasible(plan);
    const steps = stepsOf(this.client, plan);
    for (const { transaction } of steps)
      await this.devnet.depositTransaction(who, transaction as ForcedTransaction, { queueOnly: true });
    return steps.length;
  }

  /** Lets `spender` take any amount of a token on L2. */
  async approve(who: DevnetAccount, token: string, spender: string): Promise<void> {
    const data = erc20At(token).encode("approve", [spender, MaxUint256]);
    await mined(this.l2, await wallet(this.l2, who).sendTransaction({ to: token, data }));
  }

  /** @param token address on L2 */
  balance(token: string, of: string): Promise<bigint> {
    return erc20At(token).read(this.l2, "balanceOf", [of]);
  }

  supply(token: string): Promise<bigint> {
    return erc20At(token).read(this.l2, "totalSupply", []);
  }

  /** Wrapped BTC on L1. */
  balanceOnL1(of: string): Promise<bigint> {
    return erc20At(this.devnet.info.tokens.wrappedBtc.l1).read(this.l1, "balanceOf", [of]);
  }
}
