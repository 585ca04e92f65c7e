export { startDevnet } from "./start.js";
export {
  Devnet,
  type DevnetInfo,
  type ForcedTransaction,
  type Funding,
  type L1Action,
  type L1ActionOptions,
  type L2Outcome,
} from "./devnet.js";
export type { DevnetAccount, DevnetAccounts } from "./accounts.js";
export { MissingArtifact } from "./artifacts.js";
export { DevnetError } from "./errors.js";
export type { Feeds } from "./feeds.js";
export type { FeeScalars, L1Fees } from "./fees.js";
export type { DevnetOptions } from "./options.js";
export type { BlockTime } from "./pace.js";
export type { MinedBlock } from "./rollup.js";
export type { Arbitrage, PoolOptions, PoolState, Uniswap } from "./uniswap.js";
export type { Tokens } from "./tokens.js";
