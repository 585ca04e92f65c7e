import {
  bpsToWad,
  formatBps,
  formatCash,
  formatDuration,
  formatPercent,
  formatTime,
  formatUnits,
} from "../../sdk/client/amounts.js";
import type { Facility } from "../../sdk/client/facility.js";
import type { Instalment, TermLoanState, TermSheet } from "../../sdk/client/termLoan.js";
import { table } from "./output.js";
import { amountJson } from "./views.js";

const fraction = (wad: bigint): string => formatUnits(wad, 18).replaceAll(",", "");
const optional = (value: bigint | undefined) => value ?? null;

// ---- for programs

export function sheetJson(sheet: TermSheet, { loan }: Facility) {
  return {
    term: sheet.number,
    count: sheet.count,
    intervalSeconds: sheet.intervalSeconds,
    graceSeconds: sheet.graceSeconds,
    spread: fraction(bpsToWad(sheet.spreadBps)),
    latePremium: fraction(bpsToWad(sheet.latePremiumBps)),
    prepaymentFee: fraction(bpsToWad(sheet.prepaymentFeeBps)),
    balloon: fraction(bpsToWad(sheet.balloonBps)),
    lateFee: amountJson(sheet.lateFee, loan),
    offered: !sheet.retired,
  };
}

export function instalmentJson({ number, dueAt, interest, principal, left }: Instalment, { loan }: Facility) {
  return {
    number,
    dueAt,
    due: formatTime(dueAt),
    payment: amountJson(interest + principal, loan),
    interest: amountJson(interest, loan),
    principal: amountJson(principal, loan),
    left: amountJson(left, loan),
  };
}

export function termJson(term: TermLoanState) {
  const cash = (units: bigint) => amountJson(units, term.facility.loan);
  return {
    term: term.sheet,
    annualRate: fraction(term.annualRateWad),
    openedAt: term.openedAt,
    instalment: cash(term.instalment),
    instalments: { of: term.count, passed: term.passed, paid: term.paid },
    principal: cash(term.principal),
    arrears: cash(term.arrears),
    credit: cash(term.credit),
    debt: cash(term.debt),
    payOff: cash(term.payOff),
    dueNow: cash(term.dueNow),
    nextDueAt: optional(term.nextDueAt),
    nextPayment: cash(term.nextPayment),
    defaultsAfter: optional(term.defaultsAfter),
    defaultMarkedAt: optional(term.defaultMarkedAt),
    expectedLoss: cash(term.expectedLoss),
  };
}

// ---- for people

export function sheetsText(sheets: readonly TermSheet[], { loan }: Facility): string {
  const rows = sheets.map((sheet) => [
    sheet.number.toString(),
    `${sheet.count.toString()} × ${formatDuration(sheet.intervalSeconds)}`,
    formatBps(sheet.balloonBps),
    `+ ${formatBps(sheet.spreadBps)}`,
    formatDuration(sheet.graceSeconds),
    `+ ${formatBps(sheet.latePremiumBps)}, ${formatCash(sheet.lateFee, loan)}`,
    formatBps(sheet.prepaymentFeeBps),
    sheet.retired ? "no" : "yes",
  ]);
  const head = ["term", "instalments", "balloon", "rate", "grace", "when late", "prepayment fee", "offered"];
  return table(head, rows, 2);
}

export function scheduleText(schedule: readonly Instalment[], { loan }: Facility): string {
  const cash = (units: bigint): string => formatCash(units, loan, "up");
  const rows = schedule.map(({ number, dueAt, interest, principal, left }) => [
    number.toString(),
    formatTime(dueAt),
    cash(interest + principal),
    cash(interest),
    cash(principal),
    cash(left),
  ]);
  return table(["#", "due", "payment", "interest", "principal", "principal left"], rows, 2);
}

/** Dates and dues of a loan, line by line. */
export function termRows(term: TermLoanState): [string, string][] {
  const cash = (units: bigint): string => formatCash(units, term.facility.loan, "up");
  const rows: [string, string][] = [
    ["term sheet", `${term.sheet}: ${formatPercent(term.annualRateWad)} a year, fixed`],
    ["instalments paid", `${term.paid.toString()} of ${term.count.toString()}`],
    ["principal", cash(term.principal)],
    ["pay-off now", cash(term.payOff)],
    ["overdue", term.dueNow === 0n ? "nothing" : cash(term.dueNow)],
  ];
  if (term.credit !== 0n) rows.push(["paid ahead", formatCash(term.credit, term.facility.loan)]);
  if (term.nextDueAt !== undefined) {
    rows.push(["next payment", `${cash(term.nextPayment)} on ${formatTime(term.nextDueAt)}`]);
  }
  if (term.defaultMarkedAt !== undefined) {
    rows.push(["in default", `marked on ${formatTime(term.defaultMarkedAt)}; paying what is overdue cures it`]);
  } else if (term.defaultsAfter !== undefined) {
    rows.push(["in default after", formatTime(term.defaultsAfter)]);
  }
  if (term.expectedLoss !== 0n) rows.push(["loss that lenders expect", cash(term.expectedLoss)]);
  return rows;
}
