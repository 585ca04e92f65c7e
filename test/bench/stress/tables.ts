import { table } from "../../../scripts/cli/output.js";
import type { Row, Study, StudyTerms } from "./study.js";

export const percent = (share: number, digits = 2): string => `${(share * 100).toFixed(digits)} %`;
export const lltvName = (bps: number): string => `${bps / 100} %`;

/** 2 s, 10 min, 1 h. */
export function delayName(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3_600 ? `${seconds / 60} min` : `${seconds / 3_600} h`;
}

export function stressTable({ rows }: Study): string {
  const head = ["rule", "lltv", "delay", "any", "mean", "±", "1 in 100", "worst", "repaid", "incentive"];
  return table(head, rows.map(cellsOf), 1);
}

function cellsOf(row: Row): string[] {
  return [
    ...[row.rule, lltvName(row.lltvBps), delayName(row.delaySeconds), percent(row.probability, 1)],
    ...[percent(row.meanBadDebt, 3), percent(row.meanError, 3), percent(row.p99BadDebt), percent(row.worstBadDebt)],
    ...[percent(row.meanRepaid, 1), percent(row.meanIncentive)],
  ];
}

/** What the table is about. */
export function caption({ paths, loans, seed, venue }: StudyTerms, { bookDollars, medianLowest }: Study): string {
  const millions = (dollars: number): string => `${(dollars / 1e6).toFixed(1)} million dollars`;
  return [
    `${paths} times two days like 12-13 March 2020 (seed ${seed}): half of them fall below ${percent(medianLowest, 0)} of the opening.`,
    `${loans} loans of ${millions(bookDollars[0] ?? 0)} in all; ${millions(venue.depth)} within 2 % of the price on a calm day.`,
    `any: share of the days with bad debt above 0.01 % of the book. mean, 1 in 100, worst: bad debt, share of the book; ±: standard error of the mean.`,
    `repaid: share of the book that liquidators repaid; incentive: what they received on top of that.`,
  ].join("\n");
}
