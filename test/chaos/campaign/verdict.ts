import type { SettledLine } from "../stage/keeperRuns.js";
import type { BotTransaction } from "../stage/truth.js";
import type { Campaign } from "./run.js";

/** One thing that must be true. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What was seen, or the first few counterexamples. */
  readonly seen: string;
}

/** A decision is based on a state at most so many blocks old, as requests may hang for a while first. */
const STATES_BACK = 15;
/** The same loan, the same structural reason, so often: it was sent again without thinking. */
const MOST_REPEATS = 2;
/** The market or another transaction was first; no fault of the plan. */
const TOLERATED = [
  /^NotLiquidatable$|^BelowMinimum$|^NoSuchLoan$|^ProfitTooLow$|^PriceTooLow$|^DeadlinePassed$|^SourcesDisagree$/,
  /Too little received|Transaction too old/,
  /^Sequencer|^Stale|^Price.*(Old|Stale)/,
  /^it passes on the state before its block$/,
];

/** What must hold when everything has settled. */
export function judge(run: Campaign): Finding[] {
  return [
    liquidated(run),
    once(run),
    noRepeatedReverts(run),
    nothingForTheHealthy(run),
    nonces(run),
    ...books(run),
    ownTotals(run),
    lives(run),
  ];
}

function finding(what: string, faults: readonly string[], otherwise: string): Finding {
  const more = faults.length > 4 ? ` … and ${faults.length - 4} more` : "";
  return {
    what,
    ok: faults.length === 0,
    seen: faults.length === 0 ? otherwise : faults.slice(0, 4).join("; ") + more,
  };
}

const short = (id: bigint): string => `loan …${id.toString(16).slice(-24)}`;

function liquidated({ missed, unprofitable, blocks }: Campaign): Finding {
  const sales = blocks.reduce((sum, { sales: some }) => sum + some.length, 0);
  const loans = new Set(blocks.flatMap(({ sales: some }) => some.map(({ id }) => id))).size;
  return finding(
    "every loan that should be liquidated is",
    missed.map((id) => `${short(id)} is liquidatable and left`),
    `${sales} sales of ${loans} loans; ${unprofitable.length} left that nobody would gain by`,
  );
}

/** Second attempts at what one had dealt with already. */
function once({ blocks, truth }: Campaign): Finding {
  const faults: string[] = [];
  const soldAt = new Map<bigint, number>();
  for (const { number, liquidatable, sales, transactions } of blocks) {
    for (const { loan, hash } of transactions.flatMap(failures)) {
      const sold = sales.some(({ id }) => id === loan) ? number : soldAt.get(loan);
      // Each was right when it was first mined; that block is gone, and a nonce cannot be left out.
      if (sold === undefined || truth.takenBack.has(hash)) continue;
      faults.push(`${hash.slice(0, 10)} in block ${number} for ${short(loan)}, sold in block ${sold}`);
    }
    for (const { id } of sales) soldAt.set(id, number);
    for (const id of liquidatable.keys()) soldAt.delete(id);
  }
  return finding("exactly once: no transaction for a loan already dealt with", faults, "none");
}

interface Failure {
  readonly loan: bigint;
  readonly hash: string;
  readonly revert: string;
}

/** What a transaction was to liquidate and did not. */
function failures({ hash, succeeded, loans, failed, revert, isOutOfGas }: BotTransaction): Failure[] {
  if (succeeded) return failed.map((one) => ({ ...one, hash }));
  return loans.map((loan) => ({ loan, hash, revert: isOutOfGas ? "out of gas" : (revert ?? "no reason") }));
}

function noRepeatedReverts({ blocks }: Campaign): Finding {
  const all = blocks.flatMap(({ transactions }) => transactions);
  const failed = all.flatMap(failures);
  const count = (keys: readonly string[]): [string, number][] => [
    ...keys.reduce((counts, key) => counts.set(key, (counts.get(key) ?? 0) + 1), new Map<string, number>()),
  ];
  const structural = failed.filter(({ revert }) => !TOLERATED.some((pattern) => pattern.test(revert)));
  const faults = count(structural.map(({ loan, revert }) => `${short(loan)}: ${revert}`))
    .filter(([, times]) => times > MOST_REPEATS)
    .map(([key, times]) => `${key}, ${times} times`);
  const said = count(failed.map(({ revert }) => revert)).map(([revert, times]) => `${times} × ${revert}`);
  return finding(
    "no structural revert is repeated",
    faults,
    `${all.length} mined, failed: ${said.join(", ") || "none"}`,
  );
}

function nothingForTheHealthy({ sent, truth }: Campaign): Finding {
  const faults = sent
    .filter(({ loan, head }) => !truth.wasLiquidatable(loan, head + 1, STATES_BACK))
    .map(({ loan, head, hash }) => `${hash.slice(0, 10)} for ${short(loan)} at block ${head}`);
  return finding(
    "nothing is sent for a healthy loan",
    faults,
    `${sent.length} liquidations sent, all for unhealthy ones`,
  );
}

function nonces({ operator, status }: Campaign): Finding {
  const { minedNonce, poolNonce, poolHolds } = operator;
  const faults: string[] = [];
  if (minedNonce !== poolNonce || poolHolds > 0)
    faults.push(`${minedNonce} are mined, the pool goes to ${poolNonce} and holds ${poolHolds}`);
  if (status === undefined) faults.push("the keeper does not answer");
  else if (status.pending !== 0) faults.push(`the keeper still waits for ${status.pending}`);
  else if (status.halted !== "") faults.push(`the keeper halted: ${status.halted}`);
  return finding("nonces have no gap and nothing is pending", faults, `nonces 0 to ${minedNonce - 1}, all mined`);
}

/** What the keeper said of each transaction, the last word on each of the loans it was about. */
function lastWords(lines: readonly SettledLine[]): Map<string, SettledLine[]> {
  const words = new Map<string, SettledLine[]>();
  for (const line of lines) {
    if (line.hash === null) continue;
    const others = (words.get(line.hash) ?? []).filter(({ subject }) => subject !== line.subject);
    words.set(line.hash, [...others, line]);
  }
  return words;
}

const feesOf = ({ fees }: Pick<SettledLine, "fees">): bigint =>
  BigInt(fees.l2Gas) + BigInt(fees.l1Data) + BigInt(fees.operator);

const sumOf = <T>(items: readonly T[], of: (item: T) => bigint): bigint =>
  items.reduce((sum, item) => sum + of(item), 0n);

function books({ blocks, settled, operator, earned }: Campaign): Finding[] {
  const words = lastWords(settled);
  const mined = blocks.flatMap(({ transactions, sales }) => transactions.map((one) => ({ ...one, sales })));
  const name = (hash: string): string => hash.slice(0, 10);
  const unbooked = mined
    .filter(({ hash }) => !words.has(hash))
    .map(({ hash, nonce }) => `${name(hash)} (nonce ${nonce}) is mined, not booked`);
  const wrong: string[] = [];
  const booked = mined.map(({ hash, gasWei, sales }) => {
    const lines = words.get(hash) ?? [];
    const gas = sumOf(lines, ({ fees }) => BigInt(fees.l2Gas));
    if (lines.length > 0 && gas !== gasWei) wrong.push(`${name(hash)}: gas ${gas}, paid ${gasWei}`);
    for (const line of lines.filter(({ kind }) => kind === "liquidate")) {
      const sale = sales.find(({ transaction, id }) => transaction === hash && id === BigInt(line.subject));
      if ((line.outcome === "done") !== (sale !== undefined) && line.outcome !== "cancelled")
        wrong.push(`${name(hash)}: booked as ${line.outcome}, the chain has ${sale === undefined ? "no" : "a"} sale`);
      for (const field of ["repaid", "seized", "debtClosed"] as const)
        if (sale !== undefined && BigInt(line[field]) !== sale[field])
          wrong.push(`${name(hash)}: ${field} ${line[field]}, on chain ${sale[field]}`);
    }
    return lines;
  });
  const lines = booked.flat();
  const fees = sumOf(lines, feesOf);
  const gross = sumOf(lines, ({ grossProfit }) => BigInt(grossProfit));
  const isWhole = unbooked.length === 0;
  const off = [
    ...(isWhole && fees !== operator.spentWei ? [`fees ${fees} wei booked, ${operator.spentWei} paid`] : []),
    ...(isWhole && gross !== earned ? [`gross profit ${gross} booked, ${earned} earned`] : []),
  ];
  return [
    finding("every mined transaction is booked", unbooked, `${mined.length} transactions`),
    finding("the books equal events and receipts", wrong, "gas, repaid, seized, debt closed, outcome of each"),
    finding("the books equal the balances", off, `${fees} wei of fees, ${gross} units of gross profit`),
  ];
}

/** /status is the sum of what this life settled, or of all lives where the books outlive the process. */
function ownTotals({ status, settled, settledNow, blocks }: Campaign): Finding {
  const what = "the keeper's totals equal its results";
  if (status === undefined) return finding(what, ["the keeper does not answer"], "");
  const onChain = new Set(blocks.flatMap(({ transactions }) => transactions.map(({ hash }) => hash)));
  const sums = (lines: readonly SettledLine[]): [bigint, bigint] => {
    const last = [...lastWords(lines)].flatMap(([hash, words]) => (onChain.has(hash) ? words : []));
    return [sumOf(last, ({ grossProfit }) => BigInt(grossProfit)), sumOf(last, feesOf)];
  };
  const gross = sumOf(Object.values(status.totals.assets), ({ grossProfit }) => BigInt(grossProfit));
  const fees = feesOf(status.totals);
  const candidates = [sums(settledNow), sums(settled)];
  const fits = candidates.some(([a, b]) => a === gross && b === fees);
  const said = `gross ${gross}, fees ${fees}`;
  return finding(
    what,
    fits ? [] : [`${said}; results say ${candidates.map((one) => one.join(" and ")).join(", or ")}`],
    said,
  );
}

/** It ends when told, or where it is on the wrong chain; otherwise it lives. */
function lives({ deaths, starts, script }: Campaign): Finding {
  const wasWrong = script.some(({ name }) => name.startsWith("K10"));
  const faults = deaths.filter((death) => !(wasWrong && death.startsWith("exit 3")));
  return finding("it never ends by itself", faults, `${starts} starts, ${deaths.length} refusals of a wrong chain`);
}
