import { formatAmount, formatBps, formatCash, formatPrice, formatTime, formatUnits } from "../../sdk/client/amounts.js";
import type { Facility } from "../../sdk/client/facility.js";
import { shortLoanId } from "../../sdk/client/loanIds.js";
import type { LoanState } from "../../sdk/client/loanState.js";
import { describeNeed } from "../../sdk/client/needs.js";
import { ALL_DEBT, sells } from "../../sdk/client/orders.js";
import type { PlacedOrder } from "../../sdk/client/placedOrders.js";
import type { Token } from "../../sdk/client/token.js";
import { pairs } from "./output.js";
import { amountJson, priceJson } from "./views.js";

interface Found {
  readonly loan: LoanState;
  readonly orders: readonly PlacedOrder[];
}

const bps = (value: bigint): string => formatUnits(value, 4);

/** What an order that does not sell, and its fee, is paid in. */
const tokenOf = ({ kind }: PlacedOrder, { loan, collateral }: Facility): Token =>
  kind === "auto-top-up" ? collateral : loan;

function orderJson(placed: PlacedOrder, facility: Facility) {
  const { kind, order, quote, refusal, needs } = placed;
  const token = tokenOf(placed, facility);
  const terms =
    kind === "take-profit"
      ? {
          triggerPrice: priceJson({ priceE36: order.triggerPriceE36 }, facility),
          repays: order.assets === ALL_DEBT ? "all" : amountJson(order.assets, facility.loan),
        }
      : { triggerLtv: bps(order.triggerLtvBps), targetLtv: bps(order.targetLtvBps) };
  const bounds = sells(kind)
    ? { maxSlippage: bps(order.maxSlippageBps) }
    : { maxPerExecution: amountJson(order.maxPerExecution, token), limit: amountJson(order.limit, token) };
  return {
    kind,
    ...terms,
    ...bounds,
    fee: bps(order.feeBps),
    maxFee: amountJson(order.maxFee, token),
    expiresAt: order.expiresAt,
    executable: refusal === undefined,
    whyNot: refusal ?? null,
    wouldMove:
      quote === undefined
        ? null
        : {
            repaid: amountJson(quote.repaid, facility.loan),
            toppedUp: amountJson(quote.toppedUp, facility.collateral),
            maxSold: amountJson(quote.maxSold, facility.collateral),
            fee: amountJson(quote.fee, token),
          },
    needs: needs.map((need) => ({ kind: need.kind, what: describeNeed(need) })),
  };
}

export function ordersJson({ loan, orders }: Found) {
  return { loan: loan.id, owner: loan.owner, orders: orders.map((order) => orderJson(order, loan.facility)) };
}

function conditionText({ kind, order }: PlacedOrder, { collateral, loan }: Facility): string {
  return kind === "take-profit"
    ? `price at or above ${formatPrice(order.triggerPriceE36, collateral, loan)} ${loan.symbol}`
    : `LTV at or above ${formatBps(order.triggerLtvBps)}`;
}

function doesText(placed: PlacedOrder, facility: Facility): string {
  const { kind, order } = placed;
  const target = `to an LTV of ${formatBps(order.targetLtvBps)}`;
  const token = tokenOf(placed, facility);
  const wallet = `${formatAmount(order.maxPerExecution, token)} at a time, ${formatAmount(order.limit, token)} left in all`;
  const sale = `at most ${formatBps(order.maxSlippageBps)} below the oracle's price`;
  switch (kind) {
    case "deleverage":
      return `sells collateral ${target}, ${sale}`;
    case "take-profit": {
      const part = order.assets === ALL_DEBT ? "all the debt" : formatCash(order.assets, facility.loan);
      return `sells collateral to repay ${part}, ${sale}`;
    }
    case "auto-repay":
      return `repays ${target}: ${wallet}`;
    case "auto-top-up":
      return `tops up ${target}: ${wallet}`;
  }
}

/** What an execution now would move. */
function movesText({ quote, kind, ...rest }: PlacedOrder, facility: Facility): string {
  if (quote === undefined) return "–";
  const fee = formatAmount(quote.fee, tokenOf({ quote, kind, ...rest }, facility));
  const moved =
    kind === "auto-top-up"
      ? formatAmount(quote.toppedUp, facility.collateral)
      : formatCash(quote.repaid, facility.loan);
  const sold = sells(kind) ? ` for at most ${formatAmount(quote.maxSold, facility.collateral)}` : "";
  return `${moved}${sold}, and a fee of ${fee}`;
}

function orderText(placed: PlacedOrder, facility: Facility): string {
  const { kind, order, refusal, needs } = placed;
  return pairs([
    ["order", kind],
    ["when", conditionText(placed, facility)],
    ["does", doesText(placed, facility)],
    ["keeper's fee", `${formatBps(order.feeBps)}, at most ${formatAmount(order.maxFee, tokenOf(placed, facility))}`],
    ["until", formatTime(order.expiresAt)],
    ["executable now", refusal === undefined ? "yes" : `no: ${refusal}`],
    ["would move", movesText(placed, facility)],
    ...needs.map((need): [string, string] => ["it still needs", describeNeed(need)]),
  ]);
}

export function ordersText({ loan, orders }: Found): string {
  const name = `loan ${shortLoanId(loan.id)}`;
  if (orders.length === 0) return `${loan.owner} has placed no order for ${name}.`;
  return [`Orders of ${loan.owner} for ${name}:`, ...orders.map((order) => orderText(order, loan.facility))].join("\n");
}
