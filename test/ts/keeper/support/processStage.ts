import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonRpcProvider } from "ethers";
import { type Devnet, startDevnet } from "../../../../devnet/index.js";
import type { DeploymentInput } from "../../../../sdk/client/deployment.js";
import { writeDeployment } from "../../../../sdk/client/deploymentFile.js";
import { open } from "../../devnet/support.js";
import { type FacilityTerms, type Market, addFacility, deploymentOf } from "../../fixtures/market.js";
import { KeeperProcess } from "./keeperProcess.js";
import { MinedWallet } from "./minedWallet.js";
import { POOL_FEE, type World, deployWorld } from "./world.js";

/** A rollup that charges real fees, a facility on it at 8,000 dollars a bitcoin, and keepers as processes of their own. */
export class ProcessStage {
  readonly deployment: string;
  private readonly keyFile: string;
  private readonly keepers: KeeperProcess[] = [];
  private states = 0;
  private salt = 0n;

  private constructor(
    readonly folder: string,
    readonly devnet: Devnet,
    readonly provider: JsonRpcProvider,
    readonly world: World,
  ) {
    this.deployment = join(folder, "deployment.json");
    this.keyFile = join(folder, "key");
    writeFileSync(this.keyFile, devnet.info.accounts.keeper.privateKey);
  }

  static async start(): Promise<ProcessStage> {
    const folder = mkdtempSync(join(tmpdir(), "ballast-keeper-"));
    const devnet = await startDevnet({ blockTime: 0 });
    const provider = open(devnet, "l2");
    const world = await deployWorld(new MinedWallet(devnet.info.accounts.lender.privateKey, provider), {
      price: 8_000n,
    });
    const stage = new ProcessStage(folder, devnet, provider, world);
    await (await world.liquidator.setOperator(stage.operator, true)).wait();
    return stage;
  }

  async stop(): Promise<void> {
    await this.endKeepers();
    MinedWallet.waits = true;
    this.provider.destroy();
    await this.devnet.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get operator(): string {
    return this.devnet.info.accounts.keeper.address;
  }

  get key(): string {
    return this.devnet.info.accounts.keeper.privateKey;
  }

  get stateDir(): string {
    return join(this.folder, `state-${this.states}`);
  }

  get lender(): MinedWallet {
    return new MinedWallet(this.devnet.info.accounts.lender.privateKey, this.provider);
  }

  /** One of the users, another one each time. */
  nextUser(): { readonly user: MinedWallet; readonly salt: bigint } {
    this.salt += 1n;
    const account = this.devnet.info.accounts.users[Number(this.salt) % 5];
    if (account === undefined) throw new Error("the devnet has too few users");
    return { user: new MinedWallet(account.privateKey, this.provider), salt: this.salt };
  }

  /** Another facility of the same tokens at 8,000, with so many dollars to lend; keepers know it from here on. */
  async addMarket(dollars: bigint, terms: Partial<FacilityTerms> = {}): Promise<Market> {
    const { collateral, loan } = this.world;
    const market = await addFacility(this.world, { collateral, loan, price: 8_000n, terms });
    await market.lend(this.lender, market.cash(dollars));
    await this.describe([market]);
    return market;
  }

  /** What the keepers read: the world's own facility, and more where there are more. */
  async describe(markets: readonly Market[] = [], facilities: DeploymentInput["facilities"] = []): Promise<void> {
    const { devnet, world } = this;
    const described = await deploymentOf(devnet.info.l2.chainId, world, ...markets);
    described.facilities.push(...facilities);
    const more = {
      rpc: devnet.info.l2.rpcUrl,
      liquidator: await world.liquidator.getAddress(),
      protectionOrders: await world.protectionOrders.getAddress(),
      uniswap: {
        router: await world.uniswap.router.getAddress(),
        quoter: await world.uniswap.quoter.getAddress(),
        fee: POOL_FEE,
      },
    };
    writeDeployment({ ...described, ...more }, this.deployment);
  }

  // ---- keepers ----

  /** From here on keepers begin with an empty folder. */
  forgetState(): void {
    this.states += 1;
  }

  /** A keeper with the devnet's keeper's key, unless `args` name others. */
  start(args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): KeeperProcess {
    const keys = args.includes("--keys") ? [] : ["--key-file", this.keyFile];
    const common = ["--deployment", this.deployment, ...keys, "--state-dir", this.stateDir];
    const keeper = KeeperProcess.start(
      [...common, "--http-port", "0", "--poll-ms", "20", "--report", ...args],
      environment,
    );
    this.keepers.push(keeper);
    return keeper;
  }

  /** The same, with these fields of a configuration file. @returns it, once it has decided the newest block */
  async startWith(settings: Readonly<Record<string, unknown>>, ...args: string[]): Promise<KeeperProcess> {
    const file = join(this.folder, `settings-${this.keepers.length}.json`);
    writeFileSync(file, JSON.stringify(settings));
    const keeper = this.start(["--config", file, ...args]);
    await keeper.ready();
    await keeper.decided(await this.provider.getBlockNumber());
    return keeper;
  }

  async endKeepers(): Promise<void> {
    for (const keeper of this.keepers.splice(0)) {
      keeper.signal("SIGKILL");
      await keeper.ended;
    }
  }

  // ---- the chain ----

  /** From now on blocks are made only when a test says so. */
  async byHand(): Promise<void> {
    MinedWallet.waits = false;
    await this.devnet.setBlockTime("manual");
  }

  /** From now on every transaction is mined as it comes. */
  async byThemselves(): Promise<void> {
    await this.devnet.setBlockTime(0);
    MinedWallet.waits = true;
  }

  /** @returns the number of the block made by hand */
  async mine(at?: bigint): Promise<number> {
    return Number((await this.devnet.mineL2(at)).number);
  }

  /** All that waits is mined, the price is back at 8,000, and blocks are made by themselves. */
  async calm(): Promise<void> {
    await this.byHand();
    await this.mine();
    await this.byThemselves();
    await this.world.setPrice(8_000n);
  }

  /** Sets the price in a block of its own, by hand. @returns its number */
  async setPriceByHand(dollars: bigint, market: Pick<Market, "oracle" | "priceE36"> = this.world): Promise<number> {
    await market.oracle.setPrice(market.priceE36(dollars));
    return this.mine();
  }

  /** Mines until the keeper has decided the newest block and nothing is pending. */
  async settle(keeper: KeeperProcess, from: number): Promise<void> {
    for (let block = from, rounds = 0; ; rounds++) {
      const { pending } = await keeper.decided(block);
      if (pending === 0) return;
      if (rounds > 20) throw new Error(`still pending after 20 blocks:\n${keeper.errors}`);
      block = await this.mine();
    }
  }

  // ---- loans ----

  /** A loan by one of the users. */
  borrow(dollars: string, bitcoin = "1", market: Pick<Market, "open" | "btc" | "cash"> = this.world): Promise<bigint> {
    const { user, salt } = this.nextUser();
    return market.open(user, market.btc(bitcoin), market.cash(dollars), salt);
  }

  async liquidationsOf(id: bigint): Promise<number> {
    const { manager } = this.world;
    return (await manager.queryFilter(manager.filters.Liquidated(id))).length;
  }
}
