import { keccak256 } from "ethers";
import type { Head } from "../chain/node.js";

/** Asks the chain what it takes beyond L2 gas for a transaction, wei. */
export interface ExtraFees {
  feesOf(
    transaction: string,
    gas: bigint,
    at: number,
  ): Promise<{ readonly l1Fee: bigint; readonly operatorFee: bigint }>;
}

/** Sizes and gas are rounded up to these, so that the transactions of one head share their answer. */
const BYTES_STEP = 512;
const GAS_STEP = 250_000n;
/** Signature and envelope of a transaction, at most. */
const ENVELOPE_BYTES = 200;

/**
 * The most a transaction can cost beyond its L2 gas: L1 fee of bytes that do not compress, operator fee at the gas limit (it is
 * bought there and the rest given back). The chain is asked, not a formula, so that a fork which changes it needs no new
 * keeper; once a head for each size.
 */
export class ExtraCosts {
  private head = "";
  private readonly answers = new Map<string, Promise<bigint>>();

  constructor(
    private readonly fees: ExtraFees,
    /** By how much the L1 fee may rise until the transaction is mined. */
    private readonly headroomPercent: bigint,
  ) {}

  /** @param data of the transaction, hex */
  async atMost(data: string, gasLimit: bigint, head: Head): Promise<bigint> {
    if (this.head !== head.hash) {
      this.answers.clear();
      this.head = head.hash;
    }
    const bytes = roundUp((data.length - 2) / 2 + ENVELOPE_BYTES, BYTES_STEP);
    const gas = ((gasLimit + GAS_STEP - 1n) / GAS_STEP) * GAS_STEP;
    const key = `${bytes}:${gas}`;
    const known = this.answers.get(key);
    if (known !== undefined) return known;
    const asked = this.ask(bytes, gas, head.number);
    this.answers.set(key, asked);
    // What failed is asked again.
    asked.catch(() => this.answers.delete(key));
    return asked;
  }

  private async ask(bytes: number, gas: bigint, at: number): Promise<bigint> {
    const { l1Fee, operatorFee } = await this.fees.feesOf(incompressible(bytes), gas, at);
    return l1Fee + (l1Fee * this.headroomPercent) / 100n + operatorFee;
  }
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

const made = new Map<number, string>();

/** Bytes in which nothing repeats and none is zero often: no transaction of that size costs more. */
function incompressible(bytes: number): string {
  const known = made.get(bytes);
  if (known !== undefined) return known;
  let text = "";
  for (let block = keccak256("0x"); text.length < 2 * bytes; block = keccak256(block)) text += block.slice(2);
  const result = `0x${text.slice(0, 2 * bytes)}`;
  made.set(bytes, result);
  return result;
}
