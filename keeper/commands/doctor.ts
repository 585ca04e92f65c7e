import { accessSync, constants, existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { ZeroAddress, parseEther } from "ethers";
import { formatUnits } from "../../sdk/client/amounts.js";
import { checkChain, liquidatorOf } from "../boot.js";
import { liquidatorAt, poolAt, read, vaultAt } from "../chain/contracts.js";
import { Node } from "../chain/node.js";
import { JsonRpc } from "../chain/rpc.js";
import { publicUrl, secretOf } from "../config/secrets.js";
import { InvalidConfig, WrongChain } from "../errors.js";
import { readPrice } from "../judge/facts.js";
import { openSigners } from "../keys/open.js";
import { Shards } from "../lead/shards.js";
import { etherPriceIn } from "../plan/etherPrice.js";
import { QuotedMarket } from "../plan/market.js";
import { encodePath, listOf } from "../plan/routes.js";
import { STORE_FILE } from "../store/open.js";
import { configured } from "./configured.js";
import { EXIT } from "./exit.js";
import type { Io } from "./io.js";
import { jsonOption, print, table, toJson } from "./output.js";
import { type Options, type Session, openSession } from "./session.js";
import { storeOf } from "./start.js";

type Verdict = "ok" | "warn" | "fail";

interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** Empty where nothing is to be done. */
  readonly remedy: string;
}

export function doctorCommand(program: Command, io: Io): void {
  const command = program
    .command("doctor")
    .description("check configuration, key, nodes, contracts, rights, balance, clock, store, price of ether and routes")
    .addOption(jsonOption())
    .action(async (options: Options) => doctor(options, io));
  configured(command, { about: `It changes nothing. Exit code 4 where something would keep the keeper from working.` });
}

async function doctor({ json, ...options }: Options, io: Io): Promise<void> {
  // A configuration that cannot be read at all ends with code 2 and says why.
  const session = openSession(options, io);
  const findings = await examine(session, io.environment);
  const isFailing = findings.some(({ verdict }) => verdict === "fail");
  if (isFailing) io.exitCode = EXIT.findings;
  if (json === true) return print(io, toJson({ ok: !isFailing, findings }));
  const rows = findings.map(({ check, verdict, found, remedy }) => [check, verdict, found, remedy]);
  print(io, table(["check", "", "found", "to do"], rows, [24, 6, 62, 50]));
}

/** All findings, in the order in which one would put things right. */
async function examine(
  session: Session,
  environment: NodeJS.ProcessEnv,
  wallClock = (): number => Date.now() / 1_000,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (check: string, verdict: Verdict, found: string, remedy = ""): void => {
    findings.push({ check, verdict, found, remedy });
  };
  /** What throws is a finding too. */
  const tried = async (check: string, remedy: string, step: () => Promise<void> | void): Promise<void> => {
    try {
      await step();
    } catch (error) {
      add(check, "fail", error instanceof Error ? error.message : String(error), remedy);
    }
  };
  const { config, deployment, node } = session;
  add("configuration", "ok", `${config.deployment}, ${deployment.network} (chain ${deployment.chainId})`);

  let operators: readonly string[] = [];
  await tried("key", "give --key-file, --keystore or BALLAST_KEEPER_KEY; only monitor works without", async () => {
    const signers = await openSigners(config, environment);
    operators = signers.map(({ address }) => address);
    add("key", "ok", `operators ${operators.join(", ")}`);
    const { count } = Shards.of(config.shards);
    if (count > operators.length) throw new InvalidConfig(`${operators.length} accounts for ${count} shards`);
  });
  await tried("alerts", "correct the field alerts", () => {
    for (const target of config.alerts) secretOf("url" in target ? target.url : target.token, environment);
    const remedy = config.alerts.length === 0 ? "name a webhook in the field alerts, or nobody is called" : "";
    add("alerts", remedy === "" ? "ok" : "warn", `${config.alerts.length} places to call`, remedy);
  });
  for (const url of session.urls) await examineNode(url, session, tried, add);

  const liquidator = ((): string | undefined => {
    try {
      return liquidatorOf(config.liquidator, deployment);
    } catch (error) {
      add("liquidator", "fail", String(error), "deploy one, or name yours with --liquidator");
      return undefined;
    }
  })();
  if (liquidator !== undefined) {
    await tried("contracts and rights", "see what it says; the owner of the Liquidator calls setOperator", async () => {
      await checkChain(node, deployment, liquidator);
      for (const operator of operators) await checkChain(node, deployment, liquidator, operator);
      const whose = operators.length === 0 ? "" : `, and ${operators.join(", ")} may use it`;
      add("contracts and rights", "ok", `Liquidator ${liquidator} serves this deployment${whose}`);
    });
  }
  for (const operator of operators) await tried("balance", "", () => examineBalance(operator, session, add));
  await tried("clock", "set the machine's clock (NTP)", async () => {
    const head = await node.head();
    if (head === undefined) throw new WrongChain("the node has no newest block");
    const offset = Math.round(wallClock() - Number(head.timestamp));
    const isOff = Math.abs(offset) > config.maxClockOffSeconds;
    const found = `this machine is ${Math.abs(offset)} s ${offset < 0 ? "behind" : "ahead of"} block ${head.number}`;
    add("clock", isOff ? "warn" : "ok", found, isOff ? "set the clock (NTP), or see whether the node is behind" : "");
  });
  await tried("store", "see the folder --state-dir and who may write to it, or the database", async () => {
    const place = config.databaseUrl === undefined ? join(config.stateDir, STORE_FILE) : "the database";
    if (config.databaseUrl === undefined) requireWritable(config.stateDir);
    if (config.databaseUrl === undefined && !existsSync(place)) {
      return add("store", "ok", `${place} will be made at the first start`);
    }
    const store = await storeOf(session, true);
    const unfinished: unknown[] = [];
    for (const operator of operators) unfinished.push(...(await store.journal.unfinished(operator.toLowerCase())));
    await store.close();
    add("store", "ok", `${place}; ${unfinished.length} transactions are not finished`);
  });
  // Some nodes answer nobody who could not pay for the question.
  const asker =
    operators[0] ?? (liquidator && (await read(node, liquidatorAt(liquidator), "owner", []).catch(() => liquidator)));
  for (const facility of deployment.facilities) {
    await tried(`facility ${facility.id}`, "see the oracle and the field routes", () =>
      examineFacility(facility, asker ?? ZeroAddress, session, add),
    );
  }
  return findings;
}

/** The folder, or the nearest above it that there is. */
function requireWritable(folder: string): void {
  let existing = resolve(folder);
  while (!existsSync(existing)) existing = dirname(existing);
  try {
    accessSync(existing, constants.W_OK);
  } catch (cause) {
    throw new InvalidConfig(`${existing} cannot be written by this user`, { cause });
  }
}

type Add = (check: string, verdict: Verdict, found: string, remedy?: string) => void;
type Tried = (check: string, remedy: string, step: () => Promise<void>) => Promise<void>;

async function examineNode(url: string, { config, deployment }: Session, tried: Tried, add: Add): Promise<void> {
  const name = `node ${publicUrl(url)}`;
  await tried(name, "start it, or take it out of --rpc", async () => {
    const node = new Node(new JsonRpc(url, config.requestTimeoutMs));
    const started = performance.now();
    const [chainId, head] = [await node.chainId(), await node.head()];
    const took = Math.round(performance.now() - started);
    if (chainId !== BigInt(deployment.chainId)) {
      throw new WrongChain(`it is on chain ${chainId}, the deployment on ${deployment.chainId}`);
    }
    const isSlow = took > 1_000;
    const found = `block ${head?.number}, two questions in ${took} ms`;
    add(
      name,
      isSlow ? "warn" : "ok",
      found,
      isSlow ? "use a node nearer by: every decision asks several questions" : "",
    );
  });
}

async function examineBalance(operator: string, { config, node }: Session, add: Add): Promise<void> {
  const wei = await node.balance(operator);
  const text = `${operator} has ${formatUnits(wei, 18, { most: 6 })} ether`;
  if (wei < parseEther(config.maxFeeEther)) {
    const need = `send it at least ${config.maxFeeEther} ether, what one transaction may cost`;
    return add("balance", wei === 0n ? "fail" : "warn", text, need);
  }
  const isLow = wei < parseEther(config.lowEther);
  add("balance", isLow ? "warn" : "ok", text, isLow ? `below lowEther, ${config.lowEther}` : "");
}

/** Price of ether, oracle and what one whole unit of collateral fetches, against what the oracle says. */
async function examineFacility(
  facility: Session["deployment"]["facilities"][number],
  from: string,
  { config, deployment, node }: Session,
  add: Add,
): Promise<void> {
  const check = `facility ${facility.id}`;
  const head = await node.head();
  if (head === undefined) throw new WrongChain("the node has no newest block");
  const [loanAsset, collateral] = await Promise.all([
    read(node, poolAt(facility.pool), "asset", []),
    read(node, vaultAt(facility.vault), "asset", []),
  ]);
  const loan = deployment.tokens[loanAsset] ?? { symbol: "units", decimals: 0 };
  const ether = await etherPriceIn(loan.decimals, config.etherPrice, node, head);
  const money = (amount: bigint): string => `${formatUnits(amount, loan.decimals, { most: 2 })} ${loan.symbol}`;
  add(`${check}: ether`, "ok", `one ether is ${money(ether)}`);

  const price = await readPrice(node, facility.oracle, head.number);
  const unit = 10n ** BigInt(deployment.tokens[collateral]?.decimals ?? 0);
  if (price.kind === "price")
    add(`${check}: oracle`, "ok", `one whole collateral is ${money((unit * price.priceE36) / 10n ** 36n)}`);
  else {
    const why = price.kind === "refusal" ? price.why : `its sources disagree until ${price.releasedAt}`;
    add(`${check}: oracle`, "warn", why, "nothing is liquidated meanwhile");
  }
  const { uniswap } = deployment;
  const configured = config.routes[facility.id];
  const hops = configured === undefined ? uniswap && [collateral, uniswap.fee, loanAsset] : listOf(configured)[0];
  if (hops === undefined || uniswap === undefined) {
    return add(`${check}: route`, "fail", "no route to sell its collateral", "name one in the field routes");
  }
  // A tenth: enough to tell a wrong pool, little enough not to be a question of depth.
  const tenth = unit / 10n;
  const brings = await new QuotedMarket(node, uniswap.quoter, from, head.number).proceeds(encodePath(hops), tenth);
  if (brings === undefined) {
    return add(
      `${check}: route`,
      "fail",
      "the market does not quote a tenth of one",
      "name another route in the field routes",
    );
  }
  if (price.kind !== "price") return add(`${check}: route`, "ok", `a tenth of one fetches ${money(brings)}`);
  const worth = (tenth * price.priceE36) / 10n ** 36n;
  const lossBps = worth === 0n ? 0n : ((worth - brings) * 10_000n) / worth;
  const isThin = lossBps > 300n;
  const remedy = isThin ? "the market is thin, or the route a wrong one: little will pay" : "";
  add(
    `${check}: route`,
    isThin ? "warn" : "ok",
    `a tenth of one fetches ${money(brings)}, ${lossBps} bps below the oracle`,
    remedy,
  );
}
