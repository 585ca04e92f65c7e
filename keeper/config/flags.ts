import type { ConfigInput } from "./schema.js";

/** One option, as a flag of the command, a variable of the environment and a field of the file. */
export interface Flag {
  readonly key: keyof ConfigInput;
  /** As commander wants it; a flag without `<…>` is a switch. */
  readonly flag: string;
  readonly help: string;
  /** From the text of a flag or variable to the field's value; zod judges the result. */
  readonly parse: (text: string) => unknown;
}

const asText = (text: string): unknown => text;
const asNumber = (text: string): unknown => (text.trim() === "" ? text : Number(text));
const asSwitch = (text: string): unknown => ({ true: true, "1": true, false: false, "0": false })[text] ?? text;

export const FLAGS: readonly Flag[] = [
  { key: "rpc", flag: "--rpc <url>", help: "node of the rollup; default: the deployment's", parse: asText },
  { key: "deployment", flag: "--deployment <file>", help: "default out/deployment.json", parse: asText },
  {
    key: "liquidator",
    flag: "--liquidator <address>",
    help: "your Liquidator; default: the deployment's",
    parse: asText,
  },
  {
    key: "keys",
    flag: "--keys <sources>",
    help: "a lane each, with commas: env:NAME, file:PATH, keystore:PATH, kms:KEY[@ENDPOINT]",
    parse: (text) => text.split(","),
  },
  { key: "keyFile", flag: "--key-file <file>", help: "file with the operator's private key", parse: asText },
  { key: "keystore", flag: "--keystore <file>", help: "encrypted keystore with the operator's key", parse: asText },
  { key: "passwordFile", flag: "--password-file <file>", help: "file with the keystore's password", parse: asText },
  {
    key: "stateDir",
    flag: "--state-dir <folder>",
    help: "journal of sent transactions; default out/keeper",
    parse: asText,
  },
  {
    key: "databaseUrl",
    flag: "--database-url <url>",
    help: "PostgreSQL for several keepers, instead of the folder; better as DATABASE_URL, where nobody sees it",
    parse: asText,
  },
  {
    key: "leaseSeconds",
    flag: "--lease-seconds <s>",
    help: "a leader leads for so long without renewing; default 10",
    parse: asNumber,
  },
  {
    key: "shards",
    flag: "--shards <n>",
    help: "facilities divided among keepers: 3 evenly, or 1,5+2 as named; default 1",
    parse: (text) => (/^\d+$/.test(text) ? Number(text) : text.split("+").map((list) => list.split(",").map(Number))),
  },
  { key: "pollMs", flag: "--poll-ms <ms>", help: "how often to look for a new block; default 500", parse: asNumber },
  {
    key: "logRange",
    flag: "--log-range <blocks>",
    help: "blocks of logs asked for at once; default 10000",
    parse: asNumber,
  },
  {
    key: "etherPrice",
    flag: "--ether-price <amount>",
    help: "loan assets for one ether, e.g. 2000; the file can name a feed instead",
    parse: (text) => ({ fixed: text }),
  },
  {
    key: "minProfit",
    flag: "--min-profit <amount>",
    help: "loan assets to earn beyond the fees; default 1",
    parse: asText,
  },
  {
    key: "slippageBps",
    flag: "--slippage-bps <bps>",
    help: "worse than quoted by at most; default 50",
    parse: asNumber,
  },
  {
    key: "maxPerBlock",
    flag: "--max-per-block <n>",
    help: "liquidations sent for one block; default 32",
    parse: asNumber,
  },
  {
    key: "maxFeeEther",
    flag: "--max-fee-ether <amount>",
    help: "most one transaction may cost; default 0.05",
    parse: asText,
  },
  {
    key: "markLossesFrom",
    flag: "--mark-losses-from <amount>",
    help: "mark expected losses of at least so many loan assets, at your cost; default 0 leaves it to others",
    parse: asText,
  },
  {
    key: "noteEverySeconds",
    flag: "--note-every-seconds <s>",
    help: "between notes of a disagreement; 0 never; default 1800",
    parse: asNumber,
  },
  { key: "httpHost", flag: "--http-host <host>", help: "default 127.0.0.1", parse: asText },
  {
    key: "httpPort",
    flag: "--http-port <port>",
    help: "of /health, /metrics and /status; 0 any; default 9464",
    parse: asNumber,
  },
  { key: "logLevel", flag: "--log-level <level>", help: "trace to error, or silent; default info", parse: asText },
  { key: "report", flag: "--report", help: "decisions and results as JSON lines on stdout", parse: asSwitch },
];

const PREFIX = "BALLAST_KEEPER_";

/** BALLAST_KEEPER_POLL_MS for pollMs. */
export const variableOf = (key: string): string =>
  PREFIX + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** Variables that hold a secret, or the name of the file; no flag has their value. */
export const KEY_VARIABLE = `${PREFIX}KEY`;
export const PASSWORD_VARIABLE = `${PREFIX}PASSWORD`;
export const CONFIG_VARIABLE = `${PREFIX}CONFIG`;

export function isKeeperVariable(name: string): boolean {
  return name.startsWith(PREFIX);
}
