import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { describeDevnet, until } from "../devnet/support.js";
import type { Market } from "../fixtures/market.js";
import type { KeeperProcess } from "./support/keeperProcess.js";
import { TestPostgres } from "./support/postgres.js";
import { ProcessStage } from "./support/processStage.js";
import type { World } from "./support/world.js";

const MOST_MS = 60_000;

/** Facilities are divided by number: the first, 1, is of shard 1, the second of shard 0. */
describeDevnet("keeper: two processes, a shard each, on one database", function () {
  this.timeout(240_000);
  let server: TestPostgres | undefined;
  let stage: ProcessStage;
  let world: World;
  let second: Market;
  let accounts: readonly [string, string];
  let keepers: KeeperProcess[];

  before(async function () {
    this.timeout(300_000);
    server = await TestPostgres.start();
    if (server === undefined) {
      console.log("      skipped: no PostgreSQL (apt-get install postgresql)");
      this.skip();
    }
    stage = await ProcessStage.start();
    ({ world } = stage);
    second = await stage.addMarket(100_000n, { maxLtvBps: 7_000, lltvBps: 8_000, targetLtvBps: 6_500 });

    const other = stage.devnet.info.accounts.users[6];
    if (other === undefined) throw new Error("the devnet has too few users");
    await (await world.liquidator.setOperator(other.address, true)).wait();
    accounts = [stage.operator, other.address];
    const keys = [stage.key, other.privateKey].map((key, index) => {
      const file = join(stage.folder, `account-${index}`);
      writeFileSync(file, key);
      return `file:${file}`;
    });
    const args = ["--keys", keys.join(","), "--shards", "2", "--lease-seconds", "8"];
    const database = { DATABASE_URL: await server.database() };
    keepers = [stage.start(args, database), stage.start(args, database)];
    await Promise.all(keepers.map((keeper) => keeper.ready()));
  });
  after(async () => {
    await stage?.stop();
    await server?.remove();
  });

  const shardsOf = async (keeper: KeeperProcess): Promise<readonly number[]> =>
    (await keeper.status()).leadership.shards;

  const leaderOf = async (shard: number): Promise<KeeperProcess> => {
    for (const keeper of keepers) if ((await shardsOf(keeper)).includes(shard)) return keeper;
    throw new Error(`nobody leads shard ${shard}`);
  };

  const loanOfEach = async (dollars: string): Promise<readonly [bigint, bigint]> => [
    await stage.borrow(dollars),
    await stage.borrow(dollars, "1", second),
  ];

  /** Both facilities' price falls in one block. */
  const fall = async (dollars: bigint): Promise<void> => {
    await stage.byHand();
    await second.oracle.setPrice(second.priceE36(dollars));
    await stage.setPriceByHand(dollars);
  };

  /** Blocks come until the loans are sold, and three more. */
  const sold = async (ids: readonly bigint[]): Promise<number[]> => {
    const counts = (): Promise<number[]> => Promise.all(ids.map((id) => stage.liquidationsOf(id)));
    const areSold = async (): Promise<boolean> => {
      await sleep(100);
      await stage.mine();
      return (await counts()).every((count) => count > 0);
    };
    if (!(await until(areSold, MOST_MS)))
      throw new Error(`not sold:\n${keepers.map(({ errors }) => errors).join("\n")}`);
    for (let blocks = 0; blocks < 3; blocks++) {
      const block = await stage.mine();
      await Promise.all(keepers.map((keeper) => keeper.decided(block)));
    }
    return counts();
  };

  const sentBy = (keeper: KeeperProcess): bigint[] =>
    keeper.of("decided").flatMap(({ sent }) => sent.flatMap(({ subjects }) => subjects.map(BigInt)));

  /** Who sent the transaction that sold a loan. */
  const sellerOf = async (id: bigint): Promise<string | undefined> => {
    const [sale] = await world.manager.queryFilter(world.manager.filters.Liquidated(id));
    return (await sale?.getTransaction())?.from;
  };

  it("each leads one, and sells once what falls due in it, from the shard's own account", async () => {
    const isDivided = async (): Promise<boolean> =>
      (await Promise.all(keepers.map(shardsOf))).every((shards) => shards.length === 1);
    expect(await until(isDivided, MOST_MS), "one shard each").to.equal(true);
    const [ofFirst, ofSecond] = await loanOfEach("5500");
    const [leadsFirst, leadsSecond] = [await leaderOf(1), await leaderOf(0)];
    expect(leadsFirst).to.not.equal(leadsSecond);

    await fall(6_600n);
    expect(await sold([ofFirst, ofSecond])).to.deep.equal([1, 1]);
    expect(sentBy(leadsFirst)).to.deep.equal([ofFirst]);
    expect(sentBy(leadsSecond)).to.deep.equal([ofSecond]);
    expect([await sellerOf(ofSecond), await sellerOf(ofFirst)]).to.deep.equal(accounts);
  });

  it("fault K33: where one is killed the other takes its shard over, and sells once what falls due in both", async () => {
    await stage.calm();
    await second.setPrice(8_000n);
    const loans = await loanOfEach("5500");
    const [doomed, survivor] = [await leaderOf(1), await leaderOf(0)];
    const used = await Promise.all(accounts.map((account) => stage.provider.getTransactionCount(account)));
    doomed.signal("SIGKILL");
    await doomed.ended;
    keepers = [survivor];

    await fall(6_600n);
    expect(await sold(loans)).to.deep.equal([1, 1]);
    expect([...(await shardsOf(survivor))].sort()).to.deep.equal([0, 1]);
    const now = await Promise.all(accounts.map((account) => stage.provider.getTransactionCount(account)));
    expect(now.map((count, lane) => count - (used[lane] ?? 0))).to.deep.equal([1, 1]);
  });

  it("fault K30: what falls due while the database is gone is sold when it is back, once", async () => {
    await stage.calm();
    await second.setPrice(8_000n);
    const loans = await loanOfEach("5500");
    const [survivor] = keepers;
    await survivor?.decided(await stage.provider.getBlockNumber());
    await server?.down();
    await fall(6_600n);
    const isTold = async (): Promise<boolean> => {
      const { alerts = [] } = (await survivor?.status()) ?? {};
      return alerts.some(({ kind }) => kind === "store-failing");
    };
    expect(await until(isTold, MOST_MS), survivor?.errors).to.equal(true);
    expect(await Promise.all(loans.map((id) => stage.liquidationsOf(id)))).to.deep.equal([0, 0]);
    await server?.up();
    expect(await sold(loans)).to.deep.equal([1, 1]);
  });
});
