import { getAddress, isAddress } from "ethers";
import { z } from "zod";

const address = z
  .string()
  .refine((text) => isAddress(text), { error: (issue) => `${String(issue.input)} is not an address` })
  .transform((text) => getAddress(text));
const decimal = z.string().regex(/^\d+(\.\d+)?$/, { error: "an amount in whole units, such as 12.5" });

const etherPrice = z.union([
  z.strictObject({ /** Loan assets for one ether. */ fixed: decimal }),
  z.strictObject({
    /** A Chainlink feed of loan assets (dollars) for one ether. */
    feed: address,
    maxAgeSeconds: z.int().positive().default(3_900),
  }),
]);
export type EtherPrice = z.output<typeof etherPrice>;

/**
 * Everything that can be configured. Unknown fields are refused: a misspelt limit would be no limit. The key itself is no
 * field: it comes from a file, the environment or a service (see keys/open.ts).
 */
export const configSchema = z
  .strictObject({
    rpc: z.url({ protocol: /^https?$/, error: "the http(s) address of a node" }).optional(),
    /** Deployment file; see sdk/client/deployment.ts. */
    deployment: z.string().min(1).default("out/deployment.json"),
    /** The keeper's own Liquidator, where it is not the deployment's. */
    liquidator: address.optional(),
    /** Sale of a facility's collateral, by facility number: tokens and fees, from the collateral to the loan asset. */
    routes: z.record(z.string().regex(/^\d+$/), z.array(z.union([address, z.int()])).min(3)).default({}),
    /** Where the keys are, a lane each: env:NAME, file:PATH, keystore:PATH[?password=PATH], kms:KEY[@ENDPOINT]; see keys/open.ts. */
    keys: z.array(z.string().min(1)).default([]),
    keyFile: z.string().min(1).optional(),
    keystore: z.string().min(1).optional(),
    passwordFile: z.string().min(1).optional(),
    /** Where the journal of sent transactions is kept. */
    stateDir: z.string().min(1).default("out/keeper"),

    /** PostgreSQL for several keepers, instead of the folder; also DATABASE_URL. */
    databaseUrl: z.string().min(1).optional(),
    /** How long a leader leads without renewing, and so how soon a standby takes over. */
    leaseSeconds: z.int().min(6).max(3_600).default(10),
    /** How facilities are divided among keepers: evenly among so many shards, or a list a shard. */
    shards: z.union([z.int().min(1), z.array(z.array(z.int().min(0)))]).default(1),

    pollMs: z.int().min(10).max(60_000).default(500),
    requestTimeoutMs: z.int().min(100).max(300_000).default(5_000),
    /** Blocks of logs asked for at once. */
    logRange: z.int().min(1).max(1_000_000).default(10_000),
    /** How long a head lower than one seen before is taken for a lagging endpoint. */
    regressPatienceMs: z.int().min(0).default(5_000),

    etherPrice: etherPrice.default({ fixed: "2000" }),
    /** Loan assets a liquidation must leave beyond its fees. */
    minProfit: decimal.default("1"),
    /** How much less than quoted a sale may bring. */
    slippageBps: z.int().min(0).max(2_000).default(50),
    maxPerBlock: z.int().min(1).max(100).default(32),
    /** How long a sent liquidation may wait to be mined, chain seconds. */
    deadlineSeconds: z.int().min(1).default(300),
    /** Most one transaction may cost in all, ether. */
    maxFeeEther: decimal.default("0.05"),

    priorityFeeGwei: decimal.default("0.001"),
    gasHeadroomPercent: z.int().min(0).max(300).default(30),
    /** A transaction is replaced when this many blocks and as much time went by without it. */
    replaceAfterBlocks: z.int().min(1).default(3),
    replaceAfterMs: z.int().min(0).default(2_000),
    feeBumpPercent: z.int().min(10).max(1_000).default(25),
    /** Blocks on top of a transaction's own after which it is final. */
    confirmations: z.int().min(1).max(100_000).default(64),

    /** Chain seconds between two notes of a disagreement that holds liquidations back; 0 leaves noting to others. */
    noteEverySeconds: z.int().min(0).max(3_500).default(1_800),

    /** Expected losses of at least so many loan assets are marked, at the operator's cost; 0 leaves them to others. */
    markLossesFrom: decimal.default("0"),

    httpHost: z.string().min(1).default("127.0.0.1"),
    /** 0 takes any free port. */
    httpPort: z.int().min(0).max(65_535).default(9464),
    /** Without progress for so long, /health says no. */
    stallMs: z.int().min(100).default(30_000),
    logLevel: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
    /** Decisions and results as JSON lines on stdout. */
    report: z.boolean().default(false),
  })
  .refine((config) => config.keyFile === undefined || config.keystore === undefined, {
    error: "keyFile and keystore are both given: leave one out",
  });

export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;
