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

const NONE: RollupFees = { l1Fee: 0n, operatorFee: 0n };

/** Asks the chain itself, so that a fork which changes the formula needs no new keeper. */
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
      read(this.node, oracle, "getOperatorFee", [gas], at).catch((error: unknown) => {
        // Before Isthmus there is no such fee, and no such function.
        if (error instanceof RpcError && error.isRevert) return 0n;
        throw error;
      }),
    ]);
    return { l1Fee, operatorFee };
  }
}
