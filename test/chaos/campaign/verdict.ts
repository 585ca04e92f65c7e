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

/** Second transactions for what one had dealt with already. */
function once({ blocks }: Campaign): Finding {
  const faults: string[] = [];
  const soldAt = new Map<bigint, number>();
  for (const { number, liquidatable, sales, transactions } of blocks) {
    for (const { loan, succeeded, hash } of transactions) {
      if (loan === undefined || succeeded) continue;
      const sold = soldAt.get(loan);
      const isSoldNow = sales.some(({ id }) => id === loan);
      if (sold !== undefined || isSoldNow)
        faults.push(`${hash.slice(0, 10)} in block ${number} for ${short(loan)}, sold in block ${sold ?? number}`);
    }
    for (const { id } of sales) soldAt.set(id, number);
    for (const id of liquidatable.keys()) soldAt.delete(id);
  }
  return finding("exactly once: no transaction for a loan already dealt with", faults, "none");
}

function noRepeatedReverts({ blocks }: Campaign): Finding {
  const all = blocks.flatMap(({ transactions }) => transactions);
  const failed = all.filter(({ succeeded }) => !succeeded);
  const kinds = new Map<string, number>();
  for (const one of failed) kinds.set(reasonOf(one), (kinds.get(reasonOf(one)) ?? 0) + 1);
  const perLoan = new Map<string, number>();
  for (const one of failed) {
    if (!one.isOutOfGas && TOLERATED.some((pattern) => pattern.test(one.revert ?? ""))) continue;
    const key = `${one.loan === undefined ? "no loan" : short(one.loan)}: ${reasonOf(one)}`;
    perLoan.set(key, (perLoan.get(key) ?? 0) + 1);
  }
  const faults = [...perLoan]
    .filter(([, count]) => count > MOST_REPEATS)
    .map(([key, count]) => `${key}, ${count} times`);
  const said = [...kinds].map(([reason, count]) => `${count} × ${reason}`).join(", ") || "none";
  return finding("no structural revert is repeated", faults, `${all.length} mined, reverted: ${said}`);
}

const reasonOf = ({ revert, isOutOfGas }: BotTransaction): string => (isOutOfGas ? "out of gas" : (revert ?? ""));

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

/** What the keeper said of all its transactions, the last word on each. */
function lastWords(lines: readonly SettledLine[]): Map<string, SettledLine> {
  return new Map(lines.flatMap((line) => (line.hash === null ? [] : [[line.hash, line] as const])));
}

const feesOf = ({ fees }: Pick<SettledLine, "fees">): bigint =>
  BigInt(fees.l2Gas) + BigInt(fees.l1Data) + BigInt(fees.operator);

function books({ blocks, settled, operator, earned }: Campaign): Finding[] {
  const words = lastWords(settled);
  const mined = blocks.flatMap(({ transactions }) => transactions);
  const unbooked = mined
    .filter(({ hash }) => !words.has(hash))
    .map(({ hash, nonce }) => `${hash.slice(0, 10)} (nonce ${nonce}) is mined, not booked`);
  const wrong: string[] = [];
  let fees = 0n;
  let gross = 0n;
  for (const block of blocks)
    for (const { hash, succeeded, loan, gasWei } of block.transactions) {
      const line = words.get(hash);
      if (line === undefined) continue;
      fees += feesOf(line);
      gross += BigInt(line.grossProfit);
      if (BigInt(line.fees.l2Gas) !== gasWei)
        wrong.push(`${hash.slice(0, 10)}: gas ${line.fees.l2Gas}, paid ${gasWei}`);
      const sale = block.sales.find(({ transaction }) => transaction === hash);
      if ((line.outcome === "done") !== succeeded && line.outcome !== "cancelled")
        wrong.push(`${hash.slice(0, 10)}: booked as ${line.outcome}, status ${succeeded ? 1 : 0}`);
      if (loan === undefined || sale === undefined) continue;
      for (const field of ["repaid", "seized", "debtClosed"] as const)
        if (BigInt(line[field]) !== sale[field])
          wrong.push(`${hash.slice(0, 10)}: ${field} ${line[field]}, on chain ${sale[field]}`);
    }
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
    const last = [...lastWords(lines).values()].filter(({ hash }) => hash !== null && onChain.has(hash));
    return [
      last.reduce((sum, line) => sum + BigInt(line.grossProfit), 0n),
      last.reduce((sum, line) => sum + feesOf(line), 0n),
    ];
  };
  const gross = Object.values(status.totals.assets).reduce((sum, { grossProfit }) => sum + BigInt(grossProfit), 0n);
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
