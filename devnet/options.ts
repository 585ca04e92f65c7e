import { ACCOUNTS_WITH_A_PART } from "./accounts.js";
import { DevnetError } from "./errors.js";
import { DEFAULT_FEE_SCALARS, type FeeScalars } from "./fees.js";
import type { BlockTime } from "./pace.js";
import type { PoolOptions } from "./uniswap.js";

/** Every option may be left out. */
export interface DevnetOptions {
  /** 0 (default): a free port */
  l1Port?: number;
  l2Port?: number;
  /** seconds between L2 blocks; 0 (default) mines each transaction as it comes; "manual" mines when told */
  blockTime?: BlockTime;
  /** with `blockTime: 0`, watch L1 and relay without being told; default false, so that tests step by `derive()` */
  relay?: boolean;
  /** second both chains stand at when ready; default now. May lie in the past */
  startTime?: bigint;
  /** funded accounts, at least 10; default 20 */
  accounts?: number;
  /** first price, dollars per BTC with 8 decimals; default 7,935 */
  btcPrice?: bigint;
  pool?: Partial<PoolOptions>;
  /** wei; default 10 gwei and 1 gwei */
  l1Fees?: { baseFee: bigint; blobBaseFee: bigint };
  feeScalars?: FeeScalars;
  /** hears what is being done */
  onProgress?: (line: string) => void;
}

export type ResolvedOptions = Required<Omit<DevnetOptions, "pool" | "startTime">> & {
  pool: PoolOptions;
  startTime: bigint | undefined;
};

const GWEI = 10n ** 9n;
const DOLLARS = 10n ** 6n;
const PRICE = 10n ** 8n;
export const FIRST_PRICE = 7_935n * PRICE;
const DEPTH = 5_000_000n * DOLLARS;

export function resolveOptions(options: DevnetOptions): ResolvedOptions {
  const btcPrice = options.btcPrice ?? FIRST_PRICE;
  const resolved = {
    l1Port: 0,
    l2Port: 0,
    blockTime: 0,
    relay: false,
    startTime: undefined,
    accounts: 20,
    l1Fees: { baseFee: 10n * GWEI, blobBaseFee: GWEI },
    feeScalars: DEFAULT_FEE_SCALARS,
    onProgress: () => undefined,
    ...options,
    btcPrice,
    pool: { fee: 500, depth: DEPTH, lowest: btcPrice / 3n, highest: btcPrice * 2n, ...options.pool },
  } satisfies ResolvedOptions;
  if (resolved.accounts < ACCOUNTS_WITH_A_PART)
    throw new DevnetError(`At least ${ACCOUNTS_WITH_A_PART} accounts are needed, got ${resolved.accounts}.`);
  const { lowest, highest } = resolved.pool;
  if (!(0n < lowest && lowest < btcPrice && btcPrice < highest))
    throw new DevnetError(`The pool's range must enclose its first price ${btcPrice}, got ${lowest} to ${highest}.`);
  return resolved;
}
