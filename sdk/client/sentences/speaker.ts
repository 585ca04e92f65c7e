import { type Rounding, formatAmount, formatDuration, formatPrice, formatTime, formatUnits } from "../amounts.js";
import type { Facility } from "../facility.js";
import { decodeLoanId, shortLoanId } from "../loanIds.js";
import type { Token } from "../token.js";
import type { RevertArguments, RevertName } from "../revert.js";

/** What is known about the call that reverted; the more, the plainer the sentence. */
export interface RevertContext {
  readonly facility?: Facility | undefined;
  /** The amount the caller asked for, in units of the asset that the action moves. */
  readonly request?: { readonly action: "open" | "draw" | "withdraw"; readonly amount: bigint } | undefined;
}

/** One sentence for an error, without a capital and a full stop: it stands behind a colon. */
export type Sentence<N extends RevertName> = (args: RevertArguments<N>, say: Speaker) => string;
export type Sentences<N extends RevertName> = { readonly [Name in N]: Sentence<Name> };

/** Types a table of sentences by its own keys, so that tables can be told apart and put together without a gap. */
export function sentences<N extends RevertName>(table: Sentences<N>): Sentences<N> {
  return table;
}

const ACTIONS = ["draw", "withdraw", "close", "transfer", "roll over"];
const NEW_RISKS = ["open a loan", "draw", "accept a loan", "lend"];
const LEGS = ["BTC/USD", "wrapper/BTC", "wrapper/USD", "loan asset/USD", "sequencer uptime", "reserves", "supply"];

/** Puts what contracts count in into the words and numbers that people use. */
export class Speaker {
  constructor(readonly context: RevertContext) {}

  /** An amount of the loan asset. */
  cash(units: bigint, rounding: Rounding = "down"): string {
    return this.amount(units, this.context.facility?.loan, "units of the loan asset", { least: 2, rounding });
  }

  collateral(units: bigint, rounding: Rounding = "down"): string {
    return this.amount(units, this.context.facility?.collateral, "units of collateral", { rounding });
  }

  /** An amount of the token at that address, where it is one of the facility's. */
  token(address: string, units: bigint): string {
    const { facility } = this.context;
    const token = [facility?.loan, facility?.collateral].find((known) => known?.address === address);
    return this.amount(units, token, `units of the token ${address}`, {});
  }

  price(priceE36: bigint): string {
    const { facility } = this.context;
    if (facility === undefined) return `a price of ${formatUnits(priceE36, 36)}`;
    return `${formatPrice(priceE36, facility.collateral, facility.loan)} ${facility.loan.symbol}`;
  }

  loan(id: bigint): string {
    return `${shortLoanId(id)} of ${decodeLoanId(id).opener}`;
  }

  /** An address, by what it is to the facility where it is something. */
  who(address: string): string {
    const { facility } = this.context;
    if (facility === undefined) return address;
    const known = { "the pool": facility.pool, "the vault": facility.vault, "the tranche": facility.tranche };
    const name = Object.entries(known).find(([, at]) => at === address)?.[0];
    return name === undefined ? address : `${name} (${address})`;
  }

  time(seconds: bigint): string {
    return formatTime(seconds);
  }

  duration(seconds: bigint): string {
    // The largest number an oracle can say stands for "cannot be read".
    return seconds > 10n ** 15n ? "an unknown time" : formatDuration(seconds);
  }

  /** One bit of an authorisation's actions. */
  action(bit: bigint): string {
    return ACTIONS.find((_, index) => bit === 1n << BigInt(index)) ?? `do action ${bit.toString()}`;
  }

  newRisk(index: bigint): string {
    return NEW_RISKS[Number(index)] ?? `take new risk ${index.toString()}`;
  }

  leg(index: bigint): string {
    return `the ${LEGS[Number(index)] ?? index.toString()} feed`;
  }

  private amount(
    units: bigint,
    token: Token | undefined,
    unknown: string,
    format: { least?: number; rounding?: Rounding },
  ): string {
    return token === undefined ? `${units.toString()} ${unknown}` : formatAmount(units, token, format);
  }
}
