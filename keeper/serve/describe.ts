import type { AssetTotals, Books, Result } from "../account/books.js";
import type { PaidFees } from "../account/fees.js";
import type { Head } from "../chain/node.js";
import type { Pending } from "../dispatch/pending.js";
import type { FacilityFacts } from "../judge/judge.js";
import type { BlockReport, FacilityReport, FeesReport, PendingReport, ResultReport, TotalsReport } from "./status.js";

export const loanText = (id: bigint): string => `0x${id.toString(16).padStart(64, "0")}`;

export function describeBlock(head: Head | undefined): BlockReport | null {
  return head === undefined ? null : { number: head.number, hash: head.hash, timestamp: Number(head.timestamp) };
}

export function describePending({ nonce, intent, attempts, sentAtBlock }: Pending): PendingReport {
  const [subject = ""] = intent.subjects;
  return { nonce, kind: intent.kind, subject, hashes: attempts.map(({ hash }) => hash), sentAtBlock };
}

export function describeFacility({ facility, totals, price }: FacilityFacts, loans: number): FacilityReport {
  return {
    id: facility.id,
    loans,
    debt: totals.totalAssets.toString(),
    priceE36: price.kind === "price" ? price.priceE36.toString() : null,
    refusal: price.kind === "refusal" ? price.why : null,
    heldUntil: price.kind === "disagreement" ? Number(price.releasedAt) : null,
  };
}

/** Four decimals of a WAD, cut off. */
export function wadText(wad: bigint): string {
  const tenThousandths = (wad / 10n ** 14n).toString().padStart(5, "0");
  return `${tenThousandths.slice(0, -4)}.${tenThousandths.slice(-4)}`;
}

function describeFees({ l2Gas, l1Data, operator }: PaidFees): FeesReport {
  return { l2Gas: l2Gas.toString(), l1Data: l1Data.toString(), operator: operator.toString() };
}

export function describeResult(result: Result): ResultReport {
  const { kind, subject, facility, nonce, outcome, realised } = result;
  return {
    kind,
    subject,
    facility,
    nonce,
    hash: result.hash ?? null,
    block: result.block ?? null,
    outcome,
    why: result.why ?? null,
    loanAsset: result.loanAsset ?? null,
    repaid: (realised?.repaid ?? 0n).toString(),
    seized: (realised?.seized ?? 0n).toString(),
    debtClosed: (realised?.debtClosed ?? 0n).toString(),
    proceeds: (realised?.proceeds ?? 0n).toString(),
    grossProfit: (realised?.grossProfit ?? 0n).toString(),
    fees: describeFees(result.fees),
    feesInLoanAsset: result.feesInLoanAsset?.toString() ?? null,
  };
}

export function describeTotals(books: Books): TotalsReport {
  const describeAsset = ({ repaid, seized, grossProfit, fees }: AssetTotals) => ({
    repaid: repaid.toString(),
    seized: seized.toString(),
    grossProfit: grossProfit.toString(),
    fees: fees.toString(),
    netProfit: (grossProfit - fees).toString(),
  });
  return {
    outcomes: Object.fromEntries(books.outcomes),
    fees: describeFees(books.fees),
    assets: Object.fromEntries([...books.assets].map(([asset, totals]) => [asset, describeAsset(totals)])),
  };
}
