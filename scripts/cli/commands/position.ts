import { formatAmount, formatCash, formatDuration, formatPercent, formatTime } from "../../../sdk/client/amounts.js";
import { type LenderHoldings, type LenderPosition, readLenderHoldings } from "../../../sdk/client/lender.js";
import type { QueuedRedemption } from "../../../sdk/client/queue.js";
import { sharesOf } from "../../../sdk/client/tranches.js";
import { pairs, table } from "../output.js";
import { type Session, addressArgument } from "../session.js";
import { amountJson, rateText } from "../views.js";

/** What a lender holds: in one facility, or in all where there is anything. */
export async function position(
  session: Session,
  facility: string | undefined,
  options: { owner?: string },
): Promise<void> {
  const { client, output } = session;
  const lender = options.owner === undefined ? session.requireAddress() : addressArgument(options.owner, "--owner");
  if (facility !== undefined) {
    const held = await readLenderHoldings(client, facility, lender);
    output.data(holdingsJson(held), () => holdingsText(held));
    return;
  }
  const all: LenderHoldings[] = [];
  for (const { id } of client.deployment.facilities) all.push(await readLenderHoldings(client, id, lender));
  const held = all.filter(({ positions, queue }) => positions.length + (queue?.requests.length ?? 0) > 0);
  output.data(held.map(holdingsJson), () =>
    held.length === 0 ? `${lender} has lent nothing.` : held.map(holdingsText).join("\n\n"),
  );
}

function positionJson(p: LenderPosition) {
  const cash = (units: bigint) => amountJson(units, p.facility.loan);
  const { exit, exitTerms } = p;
  return {
    tranche: p.tranche,
    shares: p.shares,
    assets: cash(p.assets),
    entry: cash(p.entryAssets),
    withdrawable: cash(p.withdrawable),
    exitTerms: exitTerms ?? null,
    exit:
      exit === undefined
        ? null
        : {
            ...{ state: exit.state, opensAt: exit.opensAt, closesAt: exit.closesAt },
            shares: exit.shares,
            assets: cash(exit.assets),
          },
  };
}

function holdingsJson({ facility, lender, positions, queue }: LenderHoldings) {
  const shares = (units: bigint) => amountJson(units, sharesOf(facility, "senior"));
  return {
    facility: facility.id,
    lender,
    tranches: positions.map(positionJson),
    queue:
      queue === undefined
        ? null
        : {
            waiting: shares(queue.waiting),
            requests: queue.requests.map((request) => ({
              id: request.id,
              waiting: shares(request.waiting),
              ahead: shares(request.ahead),
              claimable: amountJson(request.claimable, facility.loan),
            })),
          },
  };
}

function exitText({ exit, exitTerms, facility }: LenderPosition): string {
  if (exitTerms === undefined) return facility.queue === undefined ? "at once" : "at once, or by the queue";
  if (exit === undefined) {
    return `not requested (${formatDuration(exitTerms.cooldown)}, then within ${formatDuration(exitTerms.window)})`;
  }
  const what = formatCash(exit.assets, facility.loan);
  if (exit.state === "over") return `${what}: over since ${formatTime(exit.closesAt)}`;
  const when = `${formatTime(exit.opensAt)}\nto ${formatTime(exit.closesAt)}`;
  return `${what}: ${exit.state === "open" ? "open" : "opens"} ${exit.state === "open" ? "since" : "at"} ${when}`;
}

function queueText({ facility }: LenderHoldings, request: QueuedRedemption): [string, string] {
  const shares = (units: bigint) => formatAmount(units, sharesOf(facility, "senior"));
  const parts = [];
  if (request.waiting > 0n) parts.push(`${shares(request.waiting)} wait behind ${shares(request.ahead)}`);
  if (request.servedShares > 0n) parts.push(`${formatCash(request.claimable, facility.loan)} can be claimed`);
  return [`request ${request.id.toString()}`, parts.join("\n")];
}

function holdingsText(held: LenderHoldings): string {
  const { facility: f, lender, positions, queue } = held;
  const rows = positions.map((p) => [
    p.tranche,
    formatCash(p.assets, f.loan),
    formatCash(p.entryAssets, f.loan, "up"),
    formatCash(p.withdrawable, f.loan),
    exitText(p),
  ]);
  const head = ["class", "worth", "as many would cost", "can be redeemed now", "exit"];
  const about = pairs([
    ["lender", lender],
    ["facility", `${f.id} (${f.name})`],
    ...(queue?.requests ?? []).map((request) => queueText(held, request)),
    ["lent out", formatPercent(f.utilisationWad)],
    [f.kind === "term" ? "rate before a sheet's spread" : "rate borrowers pay", rateText(f.borrowRatePerSecondWad)],
  ]);
  return positions.length === 0 ? `${about}\nNo shares are held.` : `${about}\n${table(head, rows)}`;
}
