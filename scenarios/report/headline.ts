import { passes } from "../accounting/checks.js";
import { formatDay, formatPrice, formatUnits } from "../format.js";
import type { PriceE8 } from "../prices/decimal.js";
import type { ReplayResult } from "../result.js";
import { html, type Html } from "./html.js";
import { incentiveShares, surplusOf } from "./incentive.js";

export const titleOf = ({ span, settings }: ReplayResult) => {
  const [from, to] = [formatDay(span.from), formatDay(span.to - 1)];
  const year = new Date(span.from * 1000).getUTCFullYear();
  return `${settings.loans} loans, ${from === to ? from : `${from} to ${to}`} ${year}`;
};

/** The run in a few large figures. */
export function headline(result: ReplayResult): Html {
  const { tokens, totals, liquidations, moments, checks, badDebt } = result;
  const dollars = (amount: bigint, places = 0) =>
    `${amount < 0n ? "−" : ""}$${formatUnits(amount < 0n ? -amount : amount, tokens.usd.decimals, places)}`;
  const btc = (amount: bigint) => `${formatUnits(amount, tokens.btc.decimals, 3)} ${tokens.btc.symbol}`;
  const loans = new Set(liquidations.map(({ loan }) => loan)).size;
  const { keeperNet } = incentiveShares(result);
  const prices = moments.map(({ price }) => price);
  return html`<div class="figures">
    ${figure("Price", `${priceOf(prices[0])} → ${priceOf(lowest(prices))}`, `lowest; ${priceOf(prices.at(-1))} at the end, US dollars`)}
    ${figure("Liquidations", String(liquidations.length), `of ${loans} loans, ${result.settings.loans} in the book`)}
    ${figure("Debt repaid", dollars(totals.repaidByLiquidators), `for ${btc(totals.seized)} of collateral`)}
    ${figure("Bad debt", dollars(badDebt), badDebt === 0n ? "no lender lost anything" : "borne by the lenders")}
    ${figure("Surplus", btc(surplusOf(result)), "collateral that liquidated borrowers got back")}
    ${figure("Lenders' gain", dollars(totals.lendersGain, 2), "interest less bad debt")}
    ${figure("Keeper's profit", dollars(keeperNet, 2), "after swap loss and all fees")}
    ${figure("Books", checks.every(passes) ? "closed" : "NOT closed", `${checks.filter(passes).length} of ${checks.length} totals agree to the unit`)}
  </div>`;
}

/** One large figure with its name and a note. */
export const figure = (name: string, value: string, note: string) =>
  html`<div class="figure">
    <div class="name">${name}</div>
    <div class="value">${value}</div>
    <div class="note">${note}</div>
  </div>`;

const lowest = (prices: readonly PriceE8[]) => prices.reduce((least, price) => (price < least ? price : least));
const priceOf = (price: PriceE8 | undefined) => (price === undefined ? "" : formatPrice(price).replace(/\.\d+$/, ""));
