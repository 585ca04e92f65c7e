import { getAddress, isAddress } from "ethers";
import { z } from "zod";
import { asJson5, asList, asNumber, asNumbers, asSwitch, asText, field } from "./field.js";

const address = z
  .string()
  .refine((text) => isAddress(text), { error: (issue) => `${String(issue.input)} is not an address` })
  .transform((text) => getAddress(text));
const decimal = z.string().regex(/^\d+(\.\d+)?$/, { error: "an amount in whole units, such as 12.5" });
const route = z.array(z.union([address, z.int()])).min(3);
/** One address, or a list of them, each once. */
const urls = (protocol: RegExp, error: string) =>
  z
    .preprocess((value) => (typeof value === "string" ? [value] : value), z.array(z.url({ protocol, error })).min(1))
    .transform((list) => [...new Set(list)]);

const etherPrice = z.union([
  z.strictObject({ fixed: decimal }),
  z.strictObject({ feed: address, maxAgeSeconds: z.int().positive().default(3_900) }),
]);
export type EtherPrice = z.output<typeof etherPrice>;

/** "3" for as many equal parts, "1,5+2" for two parts by facility. */
const asShards = (text: string): unknown =>
  /^\d+$/.test(text) ? Number(text) : text.split("+").map((list) => list.split(",").map(Number));

/** A secret in a configuration may stand elsewhere: `env:NAME` or `file:path`. */
const secret = z.string().min(1);
const alertTarget = z.discriminatedUnion("format", [
  z.strictObject({ format: z.literal("json"), url: secret }),
  z.strictObject({ format: z.literal("slack"), url: secret }),
  z.strictObject({
    format: z.literal("telegram"),
    token: secret,
    chat: z.string().min(1),
    api: z.url().default("https://api.telegram.org"),
  }),
]);
export type AlertTarget = z.output<typeof alertTarget>;

const [chain, keys, store, pays, sends, errands, watch] = [
  { group: "Chain" },
  { group: "Keys" },
  { group: "Store and leadership" },
  { group: "What pays" },
  { group: "Transactions" },
  { group: "Errands" },
  { group: "Watching over itself" },
] as const;

/**
 * Everything that can be configured. A field is added here and nowhere else: as a flag, as a variable, in `--help`, in the
 * annotated example and in the checked configuration it appears by itself.
 *
 * Each is a field of the file, a variable (BALLAST_KEEPER_POLL_MS for pollMs) and, unless it is secret, a flag (--poll-ms).
 */
export const FIELDS = {
  // ---- chain ----
  rpc: field(urls(/^(http|ws)s?$/, "the http(s) or ws(s) address of a node").optional(), {
    ...chain,
    value: "<url,...>",
    reads: asList,
    help: "node of the rollup, or several with commas between, the best first; without it the deployment's",
    example: ["http://127.0.0.1:8545"],
  }),
  wsRpc: field(
    urls(/^wss?$/, "a ws(s) address")
      .or(z.tuple([]))
      .default([]),
    {
      ...chain,
      value: "<url,...>",
      reads: asList,
      help: "the same node's WebSocket, from which new blocks are heard sooner than by polling",
      example: "ws://127.0.0.1:8546",
    },
  ),
  pendingView: field(z.boolean().default(false), {
    ...chain,
    reads: asSwitch,
    help: "also look at the block being built, where the node offers one",
  }),
  deployment: field(z.string().min(1).default("out/deployment.json"), {
    ...chain,
    value: "<file>",
    reads: asText,
    help: "what is deployed where",
  }),
  liquidator: field(address.optional(), {
    ...chain,
    value: "<address>",
    reads: asText,
    help: "your Liquidator, where it is not the deployment's",
    example: "0x000000000000000000000000000000000000dEaD",
  }),
  pollMs: field(z.int().min(10).max(60_000).default(500), {
    ...chain,
    value: "<ms>",
    unit: "milliseconds",
    reads: asNumber,
    help: "how often to look for a new block",
  }),
  requestTimeoutMs: field(z.int().min(100).max(300_000).default(5_000), {
    ...chain,
    value: "<ms>",
    unit: "milliseconds",
    reads: asNumber,
    help: "how long a request to a node may take",
  }),
  logRange: field(z.int().min(1).max(1_000_000).default(10_000), {
    ...chain,
    value: "<blocks>",
    unit: "blocks",
    reads: asNumber,
    help: "of logs asked for at once; halved by itself where a node finds it too much",
  }),
  rescanBlocks: field(z.int().min(0).max(10_000).default(32), {
    ...chain,
    value: "<blocks>",
    unit: "blocks",
    reads: asNumber,
    help: "behind the head whose logs are read a second time, in case a node had not all of them at first",
  }),
  maxBatch: field(z.int().min(1).max(1_000).default(20), {
    ...chain,
    value: "<n>",
    unit: "requests",
    reads: asNumber,
    help: "sent together in one body at most; 1 for none together",
  }),
  regressPatienceMs: field(z.int().min(0).default(5_000), {
    ...chain,
    value: "<ms>",
    unit: "milliseconds",
    reads: asNumber,
    help: "how long a head lower than one seen before is taken for a lagging node",
  }),
  confirmations: field(z.int().min(1).max(10_000).default(64), {
    ...chain,
    value: "<blocks>",
    unit: "blocks",
    reads: asNumber,
    help: "after which a mined transaction is final",
  }),

  // ---- keys ----
  keys: field(z.array(z.string().min(1)).default([]), {
    ...keys,
    value: "<source,...>",
    reads: asList,
    help: "where the operators' keys are, one lane of transactions each: file:…, env:…, keystore:… or kms:…; never a key itself",
  }),
  keyFile: field(z.string().min(1).optional(), {
    ...keys,
    value: "<file>",
    reads: asText,
    help: "file with one operator's private key; the same as keys with file:…",
    example: "operator.key",
  }),
  keystore: field(z.string().min(1).optional(), {
    ...keys,
    value: "<file>",
    reads: asText,
    help: "encrypted keystore with one operator's key; the same as keys with keystore:…",
    example: "operator.json",
  }),
  passwordFile: field(z.string().min(1).optional(), {
    ...keys,
    value: "<file>",
    reads: asText,
    help: "file with the keystores' password",
    example: "password",
  }),

  // ---- store and leadership ----
  stateDir: field(z.string().min(1).default("out/keeper"), {
    ...store,
    value: "<folder>",
    reads: asText,
    help: "where the journal, the books and the index's snapshot are kept, unless there is a database",
  }),
  databaseUrl: field(secret.optional(), {
    ...store,
    reads: asText,
    isSecret: true,
    variable: "DATABASE_URL",
    help: "PostgreSQL for several keepers, instead of the folder; or env:NAME or file:path of where it stands",
    example: "env:KEEPER_DATABASE",
  }),
  leaseSeconds: field(z.int().min(8).max(3_600).default(15), {
    ...store,
    value: "<s>",
    unit: "seconds",
    reads: asNumber,
    help: "how long a leader leads without renewing, and so how soon a standby takes over",
  }),
  shards: field(z.union([z.int().min(1), z.array(z.array(z.int().min(0)))]).default(1), {
    ...store,
    value: "<n>",
    reads: asShards,
    help: "how facilities are divided among keepers that share a database: 3 evenly, or 1,5+2 as named; each shard needs an account of its own",
  }),

  // ---- what pays ----
  etherPrice: field(etherPrice.default({ fixed: "2000" }), {
    ...pays,
    value: "<amount>",
    reads: (text) => (text.trimStart().startsWith("{") ? asJson5(text) : { fixed: text }),
    help: "loan assets for one ether: {fixed: amount}, or {feed: address, maxAgeSeconds: 3900} of a Chainlink feed",
  }),
  minProfit: field(decimal.default("1"), {
    ...pays,
    value: "<amount>",
    unit: "whole loan assets",
    reads: asText,
    help: "that a liquidation must leave beyond its fees",
  }),
  riskMarginBps: field(z.int().min(0).max(5_000).default(10), {
    ...pays,
    value: "<bps>",
    unit: "hundredths of a percent of the proceeds",
    reads: asNumber,
    help: "that it must leave besides, for what can happen between the plan and the block",
  }),
  slippageBps: field(z.int().min(0).max(2_000).default(50), {
    ...pays,
    value: "<bps>",
    unit: "hundredths of a percent",
    reads: asNumber,
    help: "by which a sale may be worse than quoted",
  }),
  routes: field(z.record(z.string().regex(/^\d+$/), z.union([route, z.array(route).min(1)])).default({}), {
    ...pays,
    value: "<json5>",
    reads: asJson5,
    help: "sale of a facility's collateral, by facility: tokens and fees from the collateral to the loan asset, one route or several; without one, the pools of the pair",
  }),
  feeTiers: field(z.array(z.int().min(1).max(999_999)).min(1).default([100, 500, 3_000, 10_000]), {
    ...pays,
    value: "<fee,...>",
    unit: "millionths",
    reads: asNumbers,
    help: "fees of the Uniswap v3 pools among which a sale is routed",
  }),
  maxPerBlock: field(z.int().min(1).max(100).default(32), {
    ...pays,
    value: "<n>",
    unit: "liquidations",
    reads: asNumber,
    help: "planned for one block at most",
  }),
  maxPerTransaction: field(z.int().min(1).max(40).default(16), {
    ...pays,
    value: "<n>",
    unit: "liquidations",
    reads: asNumber,
    help: "in one transaction at most",
  }),

  // ---- transactions ----
  maxFeeEther: field(decimal.default("0.05"), {
    ...sends,
    value: "<amount>",
    unit: "ether",
    reads: asText,
    help: "most one transaction may cost, all fees at their limits",
  }),
  deadlineSeconds: field(z.int().min(1).default(300), {
    ...sends,
    value: "<s>",
    unit: "seconds of the chain's time",
    reads: asNumber,
    help: "a sent liquidation may wait to be mined",
  }),
  priorityFeeGwei: field(decimal.default("0.001"), {
    ...sends,
    value: "<gwei>",
    unit: "gwei",
    reads: asText,
    help: "offered to the sequencer for a unit of gas",
  }),
  gasHeadroomPercent: field(z.int().min(0).max(300).default(30), {
    ...sends,
    value: "<percent>",
    unit: "percent",
    reads: asNumber,
    help: "of gas above the estimate",
  }),
  replaceAfterBlocks: field(z.int().min(1).default(3), {
    ...sends,
    value: "<blocks>",
    unit: "blocks",
    reads: asNumber,
    help: "after which a waiting transaction is replaced with higher fees, if replaceAfterMs went by too",
  }),
  replaceAfterMs: field(z.int().min(0).default(2_000), {
    ...sends,
    value: "<ms>",
    unit: "milliseconds",
    reads: asNumber,
    help: "after which a waiting transaction is replaced, if replaceAfterBlocks went by too",
  }),
  feeBumpPercent: field(z.int().min(10).max(1_000).default(25), {
    ...sends,
    value: "<percent>",
    unit: "percent",
    reads: asNumber,
    help: "by which a replacement offers more",
  }),

  // ---- errands ----
  noteEverySeconds: field(z.int().min(0).max(3_500).default(1_800), {
    ...errands,
    value: "<s>",
    unit: "seconds of the chain's time",
    reads: asNumber,
    help: "between two notes of a disagreement that holds liquidations back; 0 leaves noting to others",
  }),
  markLossesFrom: field(decimal.default("0"), {
    ...errands,
    value: "<amount>",
    unit: "whole loan assets",
    reads: asText,
    help: "expected losses of at least so much are marked, at your cost; 0 leaves them to others",
  }),

  // ---- watching over itself ----
  httpHost: field(z.string().min(1).default("127.0.0.1"), {
    ...watch,
    value: "<host>",
    reads: asText,
    help: "on which it answers /, /health, /ready, /metrics and /status; nothing can be told to it there",
  }),
  httpPort: field(z.int().min(0).max(65_535).default(9464), {
    ...watch,
    value: "<port>",
    reads: asNumber,
    help: "of the same; 0 takes any free one",
  }),
  stallMs: field(z.int().min(100).default(30_000), {
    ...watch,
    value: "<ms>",
    unit: "milliseconds",
    reads: asNumber,
    help: "without progress after which /health says no",
  }),
  loopBlockMs: field(z.int().min(50).max(60_000).default(1_000), {
    ...watch,
    value: "<ms>",
    unit: "milliseconds",
    reads: asNumber,
    help: "for which its own event loop may stand still before it says so",
  }),
  chainStallMs: field(z.int().min(1_000).default(60_000), {
    ...watch,
    value: "<ms>",
    unit: "milliseconds",
    reads: asNumber,
    help: "without a new block after which the chain counts as stalled",
  }),
  readyLagBlocks: field(z.int().min(0).max(10_000).default(2), {
    ...watch,
    value: "<blocks>",
    unit: "blocks",
    reads: asNumber,
    help: "by which its decisions may be behind the head while /ready still says yes",
  }),
  maxClockOffSeconds: field(z.int().min(1).default(60), {
    ...watch,
    value: "<s>",
    unit: "seconds",
    reads: asNumber,
    help: "by which this machine's clock may differ from the chain's time before it says so; no decision uses the clock",
  }),
  lowEther: field(decimal.default("0.02"), {
    ...watch,
    value: "<amount>",
    unit: "ether",
    reads: asText,
    help: "left to an operator below which it says so",
  }),
  leftBlocks: field(z.int().min(1).default(150), {
    ...watch,
    value: "<blocks>",
    unit: "blocks",
    reads: asNumber,
    help: "for which a liquidatable loan may be left before it says so",
  }),
  alertMinDebt: field(decimal.default("100"), {
    ...watch,
    value: "<amount>",
    unit: "whole loan assets",
    reads: asText,
    help: "of debt from which on a loan that is left, or beyond rescue, is worth an alert",
  }),
  reconcileBlocks: field(z.int().min(1).default(300), {
    ...watch,
    value: "<blocks>",
    unit: "blocks",
    reads: asNumber,
    help: "between two comparisons of the books with the chain's balances",
  }),
  alerts: field(z.array(alertTarget).default([]), {
    ...watch,
    reads: asJson5,
    isSecret: true,
    help: 'where alerts go: {format: "json" | "slack", url} or {format: "telegram", token, chat}; url and token may be env:NAME or file:path',
  }),
  logLevel: field(z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"), {
    ...watch,
    value: "<level>",
    reads: asText,
    help: "of the JSON lines on stderr: trace, debug, info, warn, error or silent",
  }),
  report: field(z.boolean().default(false), {
    ...watch,
    reads: asSwitch,
    help: "decisions and results as JSON lines on stdout",
  }),
};

export type FieldName = keyof typeof FIELDS;
export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

const PREFIX = "BALLAST_KEEPER_";

/** BALLAST_KEEPER_POLL_MS for pollMs. */
export const variableOf = (name: string): string =>
  PREFIX + name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** --poll-ms for pollMs. */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Variables that hold a secret, or the name of the file; no flag has their value. */
export const KEY_VARIABLE = `${PREFIX}KEY`;
export const PASSWORD_VARIABLE = `${PREFIX}PASSWORD`;
export const CONFIG_VARIABLE = `${PREFIX}CONFIG`;

export const isKeeperVariable = (name: string): boolean => name.startsWith(PREFIX);
