import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Signer, ZeroAddress } from "ethers";
import { network } from "hardhat";
import { CompiledContracts } from "../../deploy/artifacts.js";
import {
  CheckFailed,
  type DeployResult,
  DeploymentFailed,
  type Eip1193Provider,
  ForeignJournal,
  InvalidParameters,
  type ParametersInput,
  PreflightFailed,
  checkDeployment,
  deployBallast,
  ethersProvider,
  parseParameters,
  readParameterFile,
  setParameter,
} from "../../deploy/index.js";
import type { Deployment } from "../../sdk/client/deployment.js";
import type { MockFeed, MockToken, TermLendingPool } from "../../types/ethers-contracts/index.js";

const CHAIN_ID = 10;
const DAY = 86_400;
/** What a deployment of one facility without second source sends. */
const TRANSACTIONS = 17;

/** A chain with tokens and feeds, parameters for a facility on them, and an account that has never done anything. */
async function scene() {
  const connection = await network.create("op");
  const { ethers, provider, networkHelpers } = connection;
  const [setUp, deployer, safe, riskManager, guardian, feeCollector, keeper, stranger] = await ethers.getSigners();
  if (!setUp || !deployer || !safe || !riskManager || !guardian || !feeCollector || !keeper || !stranger) {
    throw new Error("the network has too few accounts");
  }
  const token = (name: string, decimals: number) =>
    ethers.deployContract("MockToken", [name, name, decimals]) as unknown as Promise<MockToken>;
  const feed = async (name: string, answer: bigint) => {
    const made = (await ethers.deployContract("MockFeed", [name, 8, setUp.address])) as unknown as MockFeed;
    await made.publish(answer, await networkHelpers.time.latest());
    return made;
  };
  const btc = await token("WBTC", 8);
  const usd = await token("USDX", 6);
  const btcUsd = await feed("BTC / USD", 60_000n * 10n ** 8n);
  const wrapperBtc = await feed("WBTC / BTC", 10n ** 8n);
  const loanUsd = await feed("USDX / USD", 10n ** 8n);
  await usd.mint(deployer, 10_000n * 10n ** 6n);
  const address = async (contract: { getAddress(): Promise<string> }) => contract.getAddress();

  const parameters = readParameterFile("deploy/parameters/local.json5") as ParametersInput;
  const facility = facilityOf(parameters);
  Object.assign(parameters, { network: "test", chainId: CHAIN_ID });
  Object.assign(parameters.governance, {
    safe: safe.address,
    riskManager: riskManager.address,
    guardian: guardian.address,
    feeCollector: feeCollector.address,
  });
  // Nothing is bought or sold here: any contract stands for Uniswap's.
  const some = await address(btcUsd);
  parameters.uniswap = { router: some, quoter: some, factory: some, fee: 500 };
  parameters.liquidator = { owner: keeper.address };
  for (const [index, each] of parameters.facilities.entries()) {
    each.collateralAsset = await address(btc);
    each.loanAsset = await address(usd);
    setFeed(parameters, "btcUsd", await address(btcUsd), index);
    setFeed(parameters, "wrapperBtc", await address(wrapperBtc), index);
    setFeed(parameters, "loanUsd", await address(loanUsd), index);
    each.oracle.sequencer = "none";
    each.oracle.secondSource = "none";
  }
  // One facility, unless a test adds the other and the risk weights that it asks for.
  const [term] = parameters.facilities.splice(1);
  const { capital } = parameters;
  delete parameters.capital;
  if (term === undefined || capital === undefined)
    throw new Error("the file has no term facility with a capital ratio");

  const deploy = (change: { node?: Eip1193Provider; journal?: string; parameters?: ParametersInput } = {}) =>
    deployBallast({ node: provider, deployer: deployer.address, parameters, pollingIntervalMs: 1, ...change });
  const check = async ({ deployment }: DeployResult, expected: ParametersInput = parameters) => {
    const reader = ethersProvider(provider, CHAIN_ID);
    try {
      return await checkDeployment({
        deployment,
        parameters: parseParameters(expected),
        provider: reader,
        artifacts: new CompiledContracts(),
      });
    } finally {
      reader.destroy();
    }
  };
  return {
    ...{ ethers, provider, networkHelpers },
    ...{
      parameters,
      facility,
      term,
      capital,
      deploy,
      check,
      btc,
      usd,
      btcUsd,
      wrapperBtc,
      setUp,
      deployer,
      safe,
      guardian,
      stranger,
    },
  };
}

function facilityOf(parameters: ParametersInput) {
  const [facility] = parameters.facilities;
  if (!facility) throw new Error("the file has no facility");
  return facility;
}

function setFeed(parameters: ParametersInput, leg: string, feed: string, index = 0): void {
  setParameter(parameters, `facilities.${index}.oracle.${leg}.feed`, feed);
}

const copy = (parameters: ParametersInput): ParametersInput => structuredClone(parameters);

async function failure(attempt: Promise<unknown>): Promise<Error> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it should have failed");
}

/** What a check found wrong, as "what: found F, expected E". */
async function findings(attempt: Promise<unknown>): Promise<string[]> {
  const error = await failure(attempt);
  if (!(error instanceof CheckFailed)) throw error;
  return error.findings.map(({ what, found, expected }) => `${what}: found ${found}, expected ${expected}`);
}

/** A node behind a wire that is cut at the `last`-th transaction: before it is sent, or before the answer comes back. */
function cutAt(node: Eip1193Provider, last: number, when: "before" | "after"): Eip1193Provider {
  let sent = 0;
  return {
    async request(args) {
      if (args.method !== "eth_sendTransaction") {
        if (sent >= last) throw new Error("the wire is cut");
        return node.request(args);
      }
      if (++sent < last) return node.request(args);
      if (when === "after") await node.request(args);
      throw new Error("the wire is cut");
    },
  };
}

/** A finished deployment with its journal, made once: each call gives it as it was then. */
function finished() {
  type Ready = Awaited<ReturnType<typeof scene>> & { result: DeployResult };
  let made: Promise<{ ready: Ready; restore: () => Promise<void> }> | undefined;
  let folder = "";
  const make = async () => {
    folder = mkdtempSync(join(tmpdir(), "ballast-journal-"));
    const s = await scene();
    const result = await s.deploy({ journal: folder });
    const snapshot = await s.networkHelpers.takeSnapshot();
    return { ready: { ...s, result }, restore: () => snapshot.restore() };
  };
  return {
    async in(journal: string): Promise<Ready> {
      const { ready, restore } = await (made ??= make());
      await restore();
      cpSync(folder, journal, { recursive: true });
      return ready;
    },
    forget: () => folder && rmSync(folder, { recursive: true }),
  };
}

describe("deployment", function () {
  let journal: string;
  const deployment = finished();
  after(() => deployment.forget());

  beforeEach(() => {
    journal = mkdtempSync(join(tmpdir(), "ballast-journal-"));
  });
  afterEach(() => rmSync(journal, { recursive: true, force: true }));

  it("deploys a term facility beside the revolving one, with its sheets and its own numbers", async () => {
    const s = await scene();
    s.parameters.facilities.push(s.term);
    s.parameters.capital = s.capital;
    await s.usd.mint(s.deployer, 3n * 25_000n * 10n ** 6n);
    const result = await s.deploy({ journal });
    const [revolving, term] = result.deployment.facilities;
    expect([revolving?.id, term?.id]).to.deep.equal([1, 1_000_001]);
    expect(term?.vault, "each manager has its own custody").to.not.equal(revolving?.vault);
    const pool = (await s.ethers.getContractAt("TermLendingPool", term?.pool ?? "")) as unknown as TermLendingPool;
    expect(await pool.sheetCount()).to.equal(3n);
    expect((await pool.sheetOf(1)).balloonBps).to.equal(5000n);
    expect((await s.check(result)).facts).to.be.greaterThan(200);

    const other = copy(s.parameters);
    const [sheet] = other.facilities[1]?.termSheets ?? [];
    if (sheet === undefined) throw new Error("no sheet");
    sheet.spreadBps = 151;
    expect(await findings(s.check(result, other))).to.deep.equal([
      "wbtc-dollar-term term sheet 0 spreadBps: found 150, expected 151",
    ]);
  });

  it("refuses term sheets where they do not belong, and a term facility without", async () => {
    const s = await scene();
    const { termSheets, ...without } = s.term;
    s.parameters.facilities = [without];
    expect((await failure(s.deploy())).message).to.match(/termSheets: a term facility needs at least one/);
    s.parameters.facilities = [{ ...s.facility, ...(termSheets && { termSheets }) }];
    expect((await failure(s.deploy())).message).to.match(/termSheets: are for a term facility/);
  });

  it("deploys, hands over, and says where everything is", async () => {
    const s = await deployment.in(journal);
    expect(s.result.transactions).to.equal(TRANSACTIONS);
    const { facilities, tokens } = s.result.deployment;
    const [facility] = facilities;
    expect(facility?.name).to.equal("wbtc-dollar");
    expect(tokens[await s.btc.getAddress()]).to.deep.equal({ symbol: "WBTC", decimals: 8 });
    const { facts } = await s.check(s.result);
    expect(facts).to.be.above(100);
    // The seed went in, and nothing else of the deployer's.
    expect(await s.usd.balanceOf(s.deployer)).to.equal(9_000n * 10n ** 6n);
    expect(await s.usd.balanceOf(facility?.pool ?? ZeroAddress)).to.equal(1_000n * 10n ** 6n);
  });

  it("deploys first-loss classes and a capital ratio where the parameters ask for them", async () => {
    const s = await scene();
    const parameters = copy(s.parameters);
    parameters.capital = {
      classes: [
        { name: "sovereign-like", weightBps: 0 },
        { name: "unrated corporate", weightBps: 10_000 },
      ],
      haircutBps: 3_000,
    };
    Object.assign(facilityOf(parameters), {
      firstLoss: {
        juniorSpreadBps: 2_000,
        coverPremiumBps: 500,
        exitCooldownSeconds: 604_800,
        exitWindowSeconds: 172_800,
      },
      capital: { riskClass: "unrated corporate" },
    });
    const result = await s.deploy({ parameters });
    const [facility] = result.deployment.facilities;
    expect([facility?.junior, facility?.cover, facility?.queue, result.deployment.capital]).not.to.include(undefined);
    await s.check(result, parameters);
    expect(await s.usd.balanceOf(s.deployer), "three seeds").to.equal(7_000n * 10n ** 6n);

    const other = copy(parameters);
    Object.assign(facilityOf(other).firstLoss ?? {}, { juniorSpreadBps: 1_999, exitWindowSeconds: 1 });
    facilityOf(other).capital = { riskClass: "sovereign-like", minRatioBps: 800 };
    expect(await findings(s.check(result, other))).to.deep.equal([
      "wbtc-dollar.pool junior spread: found 2000, expected 1999",
      "wbtc-dollar.junior window: found 172800, expected 1",
      "wbtc-dollar.cover window: found 172800, expected 1",
      "wbtc-dollar risk weight: found 10000, expected 0",
      "wbtc-dollar minimum capital ratio: found 1050, expected 800",
    ]);
  });

  it("run twice with a journal, changes nothing and says so", async () => {
    const s = await deployment.in(journal);
    const before = await s.ethers.provider.getBlockNumber();
    const steps: string[] = [];
    const second = await deployBallast({
      node: s.provider,
      deployer: s.deployer.address,
      parameters: s.parameters,
      journal,
      onProgress: ({ step }) => steps.push(step),
    });
    expect(second.transactions).to.equal(0);
    expect(second.deployment).to.deep.equal(s.result.deployment);
    expect(await s.ethers.provider.getBlockNumber()).to.equal(before);
    expect(steps).to.deep.equal([]);
  });

  it("refuses other parameters for what is there already, naming the step", async () => {
    const s = await deployment.in(journal);
    const other = copy(s.parameters);
    facilityOf(other).maxLtvBps = 7_400;
    const error = await failure(s.deploy({ journal, parameters: other }));
    expect(error).to.be.instanceOf(DeploymentFailed);
    expect(error.message).to.match(/cannot be changed[\s\S]*createFacility/);
  });

  it("serves several facilities, which share a vault where they share a token", async () => {
    const s = await scene();
    const more = copy(facilityOf(s.parameters) as unknown as ParametersInput) as unknown as typeof s.facility;
    const other = await s.ethers.deployContract("MockToken", ["tBTC", "tBTC", 18]);
    s.parameters.facilities.push(
      { ...more, name: "wbtc-careful", targetLtvBps: 4_000, maxLtvBps: 5_000, lltvBps: 6_000 },
      {
        ...more,
        name: "tbtc-dollar",
        collateralAsset: await other.getAddress(),
        rate: { fixedAnnualPercent: "7.5" },
      },
    );
    const result = await s.deploy();
    const [first, second, third] = result.deployment.facilities;
    expect([first?.id, second?.id, third?.id]).to.deep.equal([1, 2, 3]);
    expect(second?.vault).to.equal(first?.vault);
    expect(third?.vault).to.not.equal(first?.vault);
    expect(new Set([first?.pool, second?.pool, third?.pool]).size).to.equal(3);
    await s.check(result);
  });

  for (const when of ["before", "after"] as const) {
    it(`goes on after one crash after another, each ${when === "before" ? "before" : "just after"} a transaction was sent`, async () => {
      const s = await scene();
      let done = 0;
      for (const last of [1, 4, 9, 13, 14]) {
        const error = await failure(s.deploy({ journal, node: cutAt(s.provider, last - done, when) }));
        expect(error.message).to.include("the wire is cut");
        done = when === "before" ? last - 1 : last;
        expect(await s.ethers.provider.getTransactionCount(s.deployer), `transaction ${last}`).to.equal(done);
      }
      const { deployment, transactions } = await s.deploy({ journal });
      expect(transactions).to.equal(TRANSACTIONS - done);
      await s.check({ deployment, transactions });
      // Nothing was done twice: what all runs sent is what one run sends.
      expect(await s.ethers.provider.getTransactionCount(s.deployer)).to.equal(TRANSACTIONS);
    });
  }

  it("goes on after a process was killed in the middle of writing its journal", async () => {
    const s = await scene();
    await failure(s.deploy({ journal, node: cutAt(s.provider, 6, "after") }));
    const file = join(journal, "journal.jsonl");
    const text = readFileSync(file, "utf8").trimEnd();
    expect(text.split("\n").at(-1)).to.include("TRANSACTION_PREPARE_SEND");
    const { deployment, transactions } = await s.deploy({ journal });
    await s.check({ deployment, transactions });
  });

  it("goes on when what stopped it is mended: a stale feed", async () => {
    const s = await scene();
    await s.networkHelpers.time.increase(2 * DAY);
    const error = await failure(s.deploy({ journal }));
    expect(error).to.be.instanceOf(DeploymentFailed);
    expect(error.message).to.match(/PriceOracle.*AnswerStale/);
    const now = await s.networkHelpers.time.latest();
    for (const leg of ["btcUsd", "wrapperBtc", "loanUsd"] as const) {
      const { oracle } = facilityOf(s.parameters);
      const config = oracle[leg];
      if (typeof config !== "object") throw new Error(leg);
      const feed = s.btcUsd.attach(config.feed) as MockFeed;
      await feed.publish(leg === "btcUsd" ? 60_000n * 10n ** 8n : 10n ** 8n, now);
    }
    const result = await s.deploy({ journal });
    await s.check(result);
  });

  it("refuses a journal of another chain", async () => {
    const first = await deployment.in(journal);
    const start = join(journal, "start.json");
    const written = JSON.parse(readFileSync(start, "utf8")) as Record<string, unknown>;
    writeFileSync(start, JSON.stringify({ ...written, genesis: `0x${"11".repeat(32)}` }));
    expect(await failure(first.deploy({ journal }))).to.be.instanceOf(ForeignJournal);
    writeFileSync(start, JSON.stringify(written));
    // The same first block, but the chain has forgotten: a devnet that was started again.
    const second = await scene();
    expect(await failure(second.deploy({ journal }))).to.be.instanceOf(ForeignJournal);
    expect(existsSync(join(journal, "journal.jsonl"))).to.equal(true);
  });

  describe("fault C39: mistakes in the parameters are refused before anything is sent", () => {
    async function refuses(
      kind: typeof InvalidParameters,
      text: RegExp,
      change: (s: Awaited<ReturnType<typeof scene>>) => unknown,
    ) {
      const s = await scene();
      await change(s);
      const before = await s.ethers.provider.getBlockNumber();
      const error = await failure(s.deploy());
      expect(error, error.stack).to.be.instanceOf(kind);
      expect(error.message).to.match(text);
      expect(await s.ethers.provider.getBlockNumber()).to.equal(before);
    }
    const invalid: [string, RegExp, (s: Awaited<ReturnType<typeof scene>>) => unknown][] = [
      [
        "one token on both sides",
        /collateralAsset: is the loan asset too/,
        (s) => (s.facility.collateralAsset = s.facility.loanAsset),
      ],
      ["lltv below maxLtv", /maxLtvBps: 7500 must be below lltvBps 7500/, (s) => (s.facility.lltvBps = 7_500)],
      ["target above maxLtv", /targetLtvBps: 7600/, (s) => (s.facility.targetLtvBps = 7_600)],
      ["an incentive that makes the loss", /incentiveMaxBps: 2200/, (s) => (s.facility.incentiveMaxBps = 2_200)],
      ["the zero address", /governance.safe: is the zero address/, (s) => (s.parameters.governance.safe = ZeroAddress)],
      ["a mistyped address", /0x1234 is not an address/, (s) => (s.parameters.governance.guardian = "0x1234")],
      ["a name used twice", /wbtc-dollar is used twice/, (s) => s.parameters.facilities.push(s.facility)],
      ["a parameter nobody knows", /maxLTVBps/, (s) => Object.assign(s.facility, { maxLTVBps: 9_000 })],
      ["wrapper assumed to be bitcoin", /btcUsd and wrapperBtc/, (s) => delete s.facility.oracle.wrapperBtc],
      [
        "an admin faster than the risk manager",
        /adminDelaySeconds: 60 is shorter/,
        (s) => (s.parameters.governance.adminDelaySeconds = 60),
      ],
      [
        "more decimals than the token",
        /minDebt: 1.0000001 has more than 6 decimals/,
        (s) => (s.facility.minDebt = "1.0000001"),
      ],
      ["no seed", /seed: 0 is 0 units/, (s) => (s.facility.seed = "0")],
    ];
    for (const [what, text, change] of invalid) {
      it(`fault C39: ${what}`, () => refuses(InvalidParameters, text, change));
    }
    const preflight: typeof invalid = [
      ["another chain", /chain 8453; the node is on chain 10/, (s) => (s.parameters.chainId = 8_453)],
      [
        "a feed that is not there",
        /btcUsd.feed: there is no contract/,
        (s) => setFeed(s.parameters, "btcUsd", s.stranger.address),
      ],
      [
        "a token that is a feed",
        /loanAsset: .* does not answer symbol/,
        async (s) => (s.facility.loanAsset = await s.btcUsd.getAddress()),
      ],
      [
        "a plain account as Safe on a chain that counts",
        /governance.safe: there is no contract/,
        (s) => (s.parameters.local = false),
      ],
      [
        "a deployer with a part",
        /deploys and is guardian too/,
        (s) => (s.parameters.governance.guardian = s.deployer.address),
      ],
      [
        "a deployer without the seed",
        /holds 0.0 USDX; the seeds take 1000.0/,
        async (s) => s.usd.connect(s.deployer).transfer(s.stranger, 10_000n * 10n ** 6n),
      ],
      ["a deployer without ether", /holds 0.0 ETH/, (s) => s.networkHelpers.setBalance(s.deployer.address, 0n)],
      [
        "a coarse token",
        /has 2 decimals; facilities take tokens with 6 to 18/,
        async (s) =>
          (s.facility.loanAsset = await (await s.ethers.deployContract("MockToken", ["c", "c", 2])).getAddress()),
      ],
    ];
    for (const [what, text, change] of preflight) {
      it(`fault C39: ${what}`, () => refuses(PreflightFailed, text, change));
    }

    for (const network of ["op-mainnet", "base"]) {
      it(`fault C39: nothing unknown is guessed for ${network}: every gap is named`, () => {
        const file = `deploy/parameters/${network}.json5`;
        const given = readParameterFile(file) as ParametersInput;
        let error: unknown;
        try {
          parseParameters(given, file);
        } catch (thrown) {
          error = thrown;
        }
        if (!(error instanceof InvalidParameters)) throw new Error("it should be refused");
        const gaps = error.message.split("\n").slice(1);
        const text = readFileSync(file, "utf8").replaceAll(/\/\/.*$/gm, "");
        const nulls = text.match(/\bnull\b/g) ?? [];
        // loanUsd's five gaps stand in one line, being one of two forms; so do sequencer's.
        expect(gaps.length).to.equal(nulls.length - 4);
        for (const gap of gaps) expect(gap).to.include("is required and not given");
        for (const known of ["btcUsd.feed", "sequencer.feed", "chainId"])
          expect(error.message).to.not.include(`${known}:`);
      });
    }
  });

  describe("the check afterwards", () => {
    it("names a price outside the sanity window, and every price that is refused", async () => {
      const { result, ...s } = await deployment.in(journal);
      const narrow = copy(s.parameters);
      facilityOf(narrow).oracle.sanity = { least: "61000", most: "70000" };
      expect(await findings(s.check(result, narrow))).to.deep.equal(
        ["price", "borrowPrice", "liquidationPrice"].map(
          (view) => `wbtc-dollar.oracle.${view}: found 60000.0000, expected from 61000.0000 to 70000.0000`,
        ),
      );
      await s.networkHelpers.time.increase(2 * DAY);
      const stale = await findings(s.check(result));
      expect(stale).to.have.length(3);
      for (const each of stale) expect(each).to.match(/found a refusal \(.*AnswerStale.*\), expected an answer/);
    });

    it("names every term that differs", async () => {
      const { result, ...s } = await deployment.in(journal);
      const other = copy(s.parameters);
      Object.assign(facilityOf(other), { lltvBps: 8_300, cap: "7", loanCap: "6", minDebt: "5", reserveFeeBps: 1 });
      facilityOf(other).shares.symbol = "XX";
      const found = await findings(s.check(result, other));
      expect(found).to.deep.equal([
        "facility wbtc-dollar lltvBps: found 8200, expected 8300",
        "facility wbtc-dollar minDebt: found 100000000, expected 5000000",
        "facility wbtc-dollar cap: found 500000000000000, expected 7000000",
        "facility wbtc-dollar loanCap: found 50000000000000, expected 6000000",
        "wbtc-dollar.pool reserve fee: found 1000, expected 1",
        "wbtc-dollar.tranche.symbol: found bsWBTC-USD, expected XX",
      ]);
    });

    it("names a feed, an age, a bound and a cap of the oracle that differ", async () => {
      const { result, ...s } = await deployment.in(journal);
      const other = copy(s.parameters);
      const { btcUsd } = facilityOf(other).oracle;
      if (!btcUsd) throw new Error("no btcUsd");
      Object.assign(btcUsd, { feed: await s.wrapperBtc.getAddress(), heartbeatSeconds: 60, least: "1", most: "2" });
      const found = await findings(s.check(result, other));
      expect(found.map((each) => each.split(":")[0])).to.deep.equal(
        ["feed", "maxAge", "minAnswer", "maxAnswer"].map((field) => `wbtc-dollar.oracle btcUsd ${field}`),
      );
    });

    it("names a missing contract, and another in its place", async () => {
      const { result, ...s } = await deployment.in(journal);
      const stranger = s.stranger.address;
      const gone: Deployment = { ...result.deployment, lens: stranger };
      expect(await findings(s.check({ ...result, deployment: gone }))).to.deep.equal([
        `code of lens at ${stranger}: found none, expected Lens`,
      ]);
      const wrong: Deployment = { ...result.deployment, lens: result.deployment.loanManager };
      const [first] = await findings(s.check({ ...result, deployment: wrong }));
      expect(first).to.match(/^code of lens at 0x\w+: found \d+ bytes that differ, expected Lens as compiled here$/);
    });

    it("names a seed that is not there", async () => {
      const { result, ...s } = await deployment.in(journal);
      const other = copy(s.parameters);
      facilityOf(other).seed = "1001";
      expect(await findings(s.check(result, other))).to.deep.equal([
        "wbtc-dollar seed: found 1000000000000000 shares, expected at least 1001000000000000 shares held by nobody",
      ]);
    });

    it("names another holder and other delays of a role", async () => {
      const { result, ...s } = await deployment.in(journal);
      const other = copy(s.parameters);
      const guardian = other.governance.guardian;
      other.governance.guardian = s.stranger.address;
      other.governance.riskManagerDelaySeconds = 3_600;
      other.governance.grantDelaySeconds = 7;
      other.governance.targetAdminDelaySeconds = 8;
      const found = await findings(s.check(result, other));
      expect(found).to.include(`holders of GUARDIAN: found ${guardian}, expected ${s.stranger.address}`);
      expect(found).to.include(`execution delay of RISK_MANAGER: found ${DAY}, expected 3600`);
      expect(found).to.include(`grant delay of ADMIN: found ${DAY}, expected 7`);
      expect(
        found.filter((each) => each.startsWith("admin delay of")),
        "two managers and a pool",
      ).to.have.length(3);
    });

    it("fault C34: names a second holder, a function given away, a role admin, and a stop, once the admin did that", async () => {
      const { result, ...s } = await deployment.in(journal);
      const { accessManager, loanManager } = result.deployment;
      const manager = await s.ethers.getContractAt("AccessManager", accessManager);
      const setMaxLtv = (await s.ethers.getContractAt("LoanManager", loanManager)).interface.getFunction("setMaxLtv");
      const encode = (name: string, ...args: unknown[]) => manager.interface.encodeFunctionData(name, args as never);
      const calls = [
        encode("grantRole", 2, s.stranger.address, 0),
        encode("grantRole", 0, s.deployer.address, 0),
        encode("grantRole", 77, s.stranger.address, 0),
        encode("setRoleAdmin", 1, 2),
        encode("setRoleGuardian", 1, 3),
        encode("setTargetFunctionRole", loanManager, [setMaxLtv?.selector ?? "0x"], 2),
        encode("setTargetFunctionRole", loanManager, ["0x12345678"], 1),
        encode("setTargetClosed", loanManager, true),
      ];
      for (const data of calls)
        await send(
          s.safe,
          accessManager,
          manager.interface.encodeFunctionData("schedule", [accessManager, data, 0] as never),
        );
      await s.networkHelpers.time.increase(2 * DAY);
      for (const data of calls) await send(s.safe, accessManager, data);

      const found = await findings(s.check(result));
      const expected = [
        /^holders of ADMIN: found 0x\w+, 0x\w+, expected 0x\w+$/,
        /^holders of GUARDIAN: found 0x\w+, 0x\w+, expected/,
        /^holders of role 77: found 0x\w+, expected nobody$/,
        /^admin of RISK_MANAGER: found GUARDIAN, expected ADMIN$/,
        /^guardian of RISK_MANAGER: found FEE_COLLECTOR, expected GUARDIAN$/,
        /^who may call 0x\w+ 0x\w+: found GUARDIAN, expected RISK_MANAGER$/,
        /^who may call 0x\w+ 0x12345678: found RISK_MANAGER, expected ADMIN$/,
        /^closed targets: found 0x\w+, expected none$/,
        /^deployer 0x\w+ is ADMIN: found true, expected false$/,
      ];
      for (const pattern of expected) {
        expect(
          found.some((each) => pattern.test(each)),
          `${pattern.source}\n${found.join("\n")}`,
        ).to.equal(true);
      }
    });
  });
});

async function send(from: Signer, to: string, data: string): Promise<void> {
  await (await from.sendTransaction({ to, data })).wait();
}
