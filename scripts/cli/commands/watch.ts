import { setTimeout as sleep } from "node:timers/promises";
import { toBeHex } from "ethers";
import { formatAmount, formatCash, formatTime, formatUnits } from "../../../sdk/client/amounts.js";
import { type FacilityState, readFacilities } from "../../../sdk/client/facilityState.js";
import { facilityOf } from "../../../sdk/client/facility.js";
import { decodeLoanId, shortLoanId } from "../../../sdk/client/loanIds.js";
import { type LoanState, readLoans, readLoansOf } from "../../../sdk/client/loanState.js";
import { scanLogs } from "../../../sdk/client/logs.js";
import { NodeUnreachable, networkFault } from "../../../sdk/client/network.js";
import { type ContractEvent, eventsIn } from "../../../sdk/client/send.js";
import { type Alert, HealthAlerts, alertText, levelsOf } from "../alerts.js";
import { EXIT, UsageError } from "../exitCodes.js";
import { type Session, addressArgument, secondsArgument } from "../session.js";
import { amountJson, loanJson, loansText } from "../views.js";

export interface WatchOptions {
  readonly owner?: string;
  readonly warn: string;
  readonly interval: string;
  readonly once?: true;
}

/** A block's worth of news. */
interface Look {
  readonly time: bigint;
  readonly loans: readonly LoanState[];
  readonly alerts: readonly Alert[];
}

/** Reads the loans again and again and says what has become of their health; with --once, once. */
export async function watch(session: Session, named: readonly string[], options: WatchOptions): Promise<number> {
  const levels = levelsOf(options.warn);
  const interval = Number(secondsArgument(options.interval, "--interval")) * 1000;
  const ids = await idsOf(session, named, options.owner);
  const alerts = new HealthAlerts(levels);
  if (options.once === true) return once(session, await look(session, ids, alerts, undefined));
  return forever(session, ids, alerts, Math.max(interval, 200));
}

async function idsOf(session: Session, named: readonly string[], ownerText: string | undefined): Promise<bigint[]> {
  const owner = ownerText === undefined ? session.address : addressArgument(ownerText, "--owner");
  if (named.length > 0) return named.map((text) => session.loanId(text, owner));
  if (owner === undefined) throw new UsageError("which loans? Name some, --owner, or a key");
  const loans = await readLoansOf(session.client, owner);
  if (loans.length === 0) throw new UsageError(`${owner} has no loan to watch`);
  return loans.map(({ id }) => id);
}

async function look(
  { client }: Session,
  ids: readonly bigint[],
  judge: HealthAlerts,
  blockTag: number | undefined,
): Promise<Look> {
  const block = await client.provider.getBlock(blockTag ?? "latest");
  const at = { blockTag: block?.number ?? "latest" };
  const facilities = new Map<number, FacilityState>((await readFacilities(client, at)).map((f) => [f.id, f]));
  const loans = await readLoans(client, ids, at);
  const alerts = loans.flatMap((loan) => {
    const facility = facilities.get(loan.facility.id);
    const alert = facility === undefined ? undefined : judge.judge(loan, facility);
    return alert === undefined ? [] : [alert];
  });
  return { time: BigInt(block?.timestamp ?? 0), loans, alerts };
}

function alertJson({ kind, loan, levelWad, remedy }: Alert) {
  return {
    kind,
    loan: shortLoanId(loan.id),
    id: loan.id,
    level: levelWad === undefined ? null : formatUnits(levelWad, 18),
    repay: remedy === undefined ? null : amountJson(remedy.repay, loan.facility.loan),
    topUp: remedy === undefined ? null : amountJson(remedy.topUp, loan.facility.collateral),
    message: alertText({ kind, loan, levelWad, remedy }),
  };
}

function once({ output }: Session, { time, loans, alerts }: Look): number {
  const json = { time, loans: loans.map(loanJson), alerts: alerts.map(alertJson) };
  output.data(json, () => [loansText(loans), ...alerts.map(alertText)].join("\n"));
  return alerts.some(({ kind }) => kind === "below" || kind === "liquidatable") ? EXIT.alert : EXIT.ok;
}

async function forever(
  session: Session,
  ids: readonly bigint[],
  alerts: HealthAlerts,
  interval: number,
): Promise<number> {
  const { client, output } = session;
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  let seen: number | undefined;
  let isAway = false;
  while (!stop.signal.aborted) {
    try {
      const head = await client.provider.getBlockNumber();
      if (head !== seen) {
        const events = seen === undefined ? [] : await eventsOf(session, ids, seen + 1, head);
        const news = await look(session, ids, alerts, head);
        if (seen === undefined) {
          output.line({ event: "start", time: news.time, loans: news.loans.map(loanJson) }, () =>
            loansText(news.loans),
          );
        }
        for (const event of events) output.line(eventJson(event), () => stamped(news.time, eventText(session, event)));
        for (const alert of news.alerts) {
          output.line({ event: "health", time: news.time, ...alertJson(alert) }, () =>
            stamped(news.time, alertText(alert)),
          );
        }
        seen = head;
      }
      if (isAway) output.message("the node answers again");
      isAway = false;
    } catch (error) {
      if (!(networkFault(error) instanceof NodeUnreachable)) throw error;
      if (!isAway) output.message("the node does not answer; watching goes on when it does");
      isAway = true;
    }
    await sleep(interval, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  output.message("stopped watching");
  return EXIT.ok;
}

const stamped = (time: bigint, text: string): string => `${formatTime(time)}  ${text}`;

/** What the contracts did to the loans meanwhile: who is liquidated should not have to guess it from smaller numbers. */
async function eventsOf(
  { client }: Session,
  ids: readonly bigint[],
  from: number,
  to: number,
): Promise<ContractEvent[]> {
  const { deployment, provider } = client;
  const topics = [null, ids.map((id) => toBeHex(id, 32))];
  return eventsIn(await scanLogs(provider, { address: deployment.loanManager, topics }, from, to));
}

function eventJson({ name, args }: ContractEvent) {
  return { event: name, ...args };
}

function eventText({ client }: Session, { name, args }: ContractEvent): string {
  const id = args["id"] as bigint;
  const { collateral, loan } = facilityOf(client.deployment, decodeLoanId(id).facility);
  const who = `loan ${shortLoanId(id)}`;
  const cash = (key: string) => formatCash(args[key] as bigint, loan);
  const coins = (key: string) => formatAmount(args[key] as bigint, collateral);
  switch (name) {
    case "Liquidated":
      return `${who}: LIQUIDATED, ${cash("repaid")} repaid for ${coins("seized")}, ${cash("debtClosed")} of debt ended`;
    case "Repaid":
      return `${who}: ${cash("assets")} repaid by ${String(args["payer"])}`;
    case "ToppedUp":
      return `${who}: ${coins("collateral")} added by ${String(args["payer"])}`;
    case "Drawn":
      return `${who}: ${cash("assets")} drawn by ${String(args["caller"])}`;
    case "Withdrawn":
      return `${who}: ${coins("collateral")} taken out by ${String(args["caller"])}`;
    case "Closed":
      return `${who}: closed by ${String(args["caller"])}`;
    default:
      return `${who}: ${name}`;
  }
}
