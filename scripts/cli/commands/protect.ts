import { planCancelOrder, planPlaceOrder } from "../../../sdk/client/actions/index.js";
import { parseAmount, parsePositiveAmount } from "../../../sdk/client/amounts.js";
import { NO_LIMIT } from "../../../sdk/client/authorisation.js";
import { type Facility, facilityOf } from "../../../sdk/client/facility.js";
import { decodeLoanId } from "../../../sdk/client/loanIds.js";
import { ALL_DEBT, type OrderKind, type OrderTerms } from "../../../sdk/client/orders.js";
import { readOrders } from "../../../sdk/client/placedOrders.js";
import { joined } from "../arguments.js";
import { execute } from "../execute.js";
import { UsageError } from "../exitCodes.js";
import { ordersJson, ordersText } from "../orderViews.js";
import { type Session, secondsArgument } from "../session.js";

export interface PlaceOptions {
  readonly trigger?: string;
  readonly target?: string;
  readonly price?: readonly string[];
  readonly repay?: readonly string[];
  readonly slippage?: string;
  readonly most?: readonly string[];
  readonly limit?: readonly string[];
  readonly fee: string;
  readonly maxFee: readonly string[];
  readonly expires: string;
  readonly collateralLimit?: readonly string[];
}

/** Options that each kind of order takes, and needs, beside those that all take. */
const OWN_OPTIONS: Readonly<Record<OrderKind, readonly (keyof PlaceOptions)[]>> = {
  deleverage: ["trigger", "target", "slippage"],
  "take-profit": ["price", "repay", "slippage"],
  "auto-repay": ["trigger", "target", "most", "limit"],
  "auto-top-up": ["trigger", "target", "most", "limit"],
};

const DEFAULT_SLIPPAGE = "1";

function requireOwn(kind: OrderKind, options: PlaceOptions): void {
  const own = OWN_OPTIONS[kind];
  for (const name of ["trigger", "target", "price", "repay", "slippage", "most", "limit"] as const) {
    if (options[name] !== undefined && !own.includes(name)) {
      throw new UsageError(`--${name} means nothing here: an order of kind ${kind} takes ${listOf(own)}`);
    }
    if (options[name] === undefined && own.includes(name) && name !== "slippage") {
      throw new UsageError(`--${name} is missing: an order of kind ${kind} takes ${listOf(own)}`);
    }
  }
}

const listOf = (names: readonly string[]): string => names.map((name) => `--${name}`).join(", ");

/** Basis points out of "78", "78.5" or "78.5 %". */
function percentArgument(text: string, what: string): bigint {
  const [, whole, fraction = ""] = /^(\d{1,4})(?:\.(\d{1,2}))?\s*%?$/.exec(text.trim()) ?? [];
  if (whole === undefined) throw new UsageError(`${what} "${text}" is no percentage like 78 or 78.5`);
  return BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0"));
}

function termsOf(kind: OrderKind, options: PlaceOptions, facility: Facility, now: bigint): OrderTerms {
  const { loan, collateral } = facility;
  const all = {
    expiresAt: now + secondsArgument(options.expires, "--expires"),
    feeBps: percentArgument(options.fee, "--fee"),
    maxFee: parseAmount(joined(options.maxFee), kind === "auto-top-up" ? collateral : loan),
  };
  const sale = { maxSlippageBps: percentArgument(options.slippage ?? DEFAULT_SLIPPAGE, "--slippage") };
  if (kind === "take-profit") {
    const repay = joined(options.repay ?? []);
    // Loan units of one whole collateral token, scaled to those of one unit.
    const price = parsePositiveAmount(joined(options.price ?? []), loan);
    return {
      ...{ kind, ...all, ...sale },
      assets: /^(all|max)$/i.test(repay) ? ALL_DEBT : parsePositiveAmount(repay, loan),
      triggerPriceE36: (price * 10n ** 36n) / 10n ** BigInt(collateral.decimals),
    };
  }
  const ltv = {
    triggerLtvBps: percentArgument(options.trigger ?? "", "--trigger"),
    targetLtvBps: percentArgument(options.target ?? "", "--target"),
  };
  if (kind === "deleverage") return { kind, ...all, ...ltv, ...sale };
  const token = kind === "auto-repay" ? loan : collateral;
  const amount = (words: readonly string[] | undefined): bigint => parsePositiveAmount(joined(words ?? []), token);
  return { kind, ...all, ...ltv, maxPerExecution: amount(options.most), limit: amount(options.limit) };
}

function limitOf(words: readonly string[] | undefined, { collateral }: Facility): { collateralLimit?: bigint } {
  if (words === undefined) return {};
  const text = joined(words);
  return { collateralLimit: text.toLowerCase() === "unlimited" ? NO_LIMIT : parseAmount(text, collateral) };
}

/** Lets any keeper act on a loan under terms that its owner names. */
export async function place(session: Session, text: string, kind: OrderKind, options: PlaceOptions): Promise<void> {
  const { client } = session;
  const from = session.requireAddress();
  const id = session.loanId(text, from);
  const facility = facilityOf(client.deployment, decodeLoanId(id).facility);
  requireOwn(kind, options);
  const now = BigInt((await client.provider.getBlock("latest"))?.timestamp ?? 0);
  const order = termsOf(kind, options, facility, now);
  await execute(
    session,
    await planPlaceOrder(client, { from, id, order, ...limitOf(options.collateralLimit, facility) }),
  );
}

export async function cancel(session: Session, text: string, kind: OrderKind): Promise<void> {
  const from = session.requireAddress();
  await execute(session, await planCancelOrder(session.client, { from, id: session.loanId(text, from), kind }));
}

/** Each order of a loan's owner, and whether a keeper would execute it now. */
export async function show(session: Session, text: string): Promise<void> {
  const found = await readOrders(session.client, session.loanId(text));
  session.output.data(ordersJson(found), () => ordersText(found));
}
