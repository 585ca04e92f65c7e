import { formatDuration, formatEther, formatHealth, formatPrice, formatTime, formatUnits } from "../format.js";
import type { Liquidation, ReplayResult } from "../result.js";
import { html, table, type Html } from "./html.js";

/** Every liquidation, in order. */
export function liquidationsTable({ liquidations, tokens }: ReplayResult): Html {
  if (liquidations.length === 0) return html`<p>Nobody was liquidated.</p>`;
  const usd = (amount: bigint) => formatUnits(amount, tokens.usd.decimals, 2);
  const btc = (amount: bigint) => formatUnits(amount, tokens.btc.decimals, 8);
  return table(
    [
      "Time (UTC)",
      "Block",
      "Borrower",
      "Price, USD",
      `Repaid, ${tokens.usd.symbol}`,
      `Seized, ${tokens.btc.symbol}`,
      "Incentive",
      "Lost in sale",
      "To keeper",
      "Fees, ETH",
      "Health",
      "after",
      "Bad debt",
      "Held back",
    ],
    liquidations.map((l) => [
      html`<span title="${l.transaction}">${formatTime(l.at)}</span>`,
      String(l.block),
      html`<span title="loan ${l.loan}">${l.borrower}</span>`,
      formatPrice(l.price),
      usd(l.repaid),
      btc(l.seized),
      usd(l.value - l.repaid),
      usd(l.value - l.proceeds),
      usd(l.proceeds - l.repaid),
      formatEther(l.cost.l2Gas + l.cost.l1Data + l.cost.operator),
      formatHealth(l.healthBefore),
      formatHealth(l.healthAfter),
      l.badDebt === 0n ? "" : usd(l.badDebt),
      heldBack(l),
    ]),
    [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  );
}

function heldBack({ heldSeconds, releasedByCap }: Liquidation): string {
  if (heldSeconds === 0) return "";
  return `${formatDuration(heldSeconds)}${releasedByCap ? ", to the cap" : ""}`;
}
