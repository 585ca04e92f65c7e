import { dataLength } from "ethers";
import { gasPriceOracleAt, read } from "../chain/contracts.js";
import type { At, Node } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";

/** The OP Stack's predeploy, the same on every chain of it. */
const GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000F";

/** What the rollup charges beyond L2 gas, wei. */
export interface RollupFees {
  readonly l1Fee: bigint;
  readonly operatorFee: bigint;
}

/** The same, with what the L1 fee could be if none of the transaction compressed. */
export interface BoundedRollupFees extends RollupFees {
  readonly l1FeeUpperBound: bigint;
}

const NONE: BoundedRollupFees = { l1Fee: 0n, operatorFee: 0n, l1FeeUpperBound: 0n };

/** Asks the chain itself and remembers nothing, so that a fork which changes a formula needs neither a new keeper nor a restart. */
export class RollupFeeOracle {
  private constructor(
    private readonly node: Node,
    private readonly isRollup: boolean,
  ) {}

  /** A chain without the predeploy charges nothing beyond gas. */
  static async on(node: Node): Promise<RollupFeeOracle> {
    return new RollupFeeOracle(node, (await node.code(GAS_PRICE_ORACLE)) !== "0x");
  }

  get chargesMore(): boolean {
    return this.isRollup;
  }

  /**
   * @param transaction serialised, without its signature, which the oracle allows for
   * @param gas the limit when asking what must be held, the gas used when asking what was paid
   */
  async feesOf(transaction: string, gas: bigint, at: At = "latest"): Promise<RollupFees> {
    if (!this.isRollup) return NONE;
    const oracle = gasPriceOracleAt(GAS_PRICE_ORACLE);
    const [l1Fee, operatorFee] = await Promise.all([
      read(this.node, oracle, "getL1Fee", [transaction], at),
      // Before Isthmus there is no such fee, and no such function.
      unlessReverted(read(this.node, oracle, "getOperatorFee", [gas], at), 0n),
    ]);
    return { l1Fee, operatorFee };
  }

  /** What a transaction may cost at most beyond its gas, asked at once. */
  async boundsOf(transaction: string, gasLimit: bigint, at: At = "latest"): Promise<BoundedRollupFees> {
    if (!this.isRollup) return NONE;
    const oracle = gasPriceOracleAt(GAS_PRICE_ORACLE);
    const [fees, l1FeeUpperBound] = await Promise.all([
      this.feesOf(transaction, gasLimit, at),
      // Before Fjord the fee did not depend on how well it compresses: there is no bound but the fee.
      unlessReverted(read(this.node, oracle, "getL1FeeUpperBound", [BigInt(dataLength(transaction))], at), 0n),
    ]);
    return { ...fees, l1FeeUpperBound };
  }
}

async function unlessReverted(answer: Promise<bigint>, otherwise: bigint): Promise<bigint> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RpcError && error.isRevert) return otherwise;
    throw error;
  }
}
