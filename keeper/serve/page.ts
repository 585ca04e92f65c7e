import { amountText } from "./amountText.js";
import type { DayReport, FacilityReport, LoanReport, ResultReport, StatusReport } from "./status.js";

/** How many loans and results are shown; /status has all of them. */
const MOST_LOANS = 200;
const MOST_RESULTS = 20;
const REFRESH_SECONDS = 5;

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#66707b;--line:#d9dee4;--card:#fff;--ground:#f4f6f8;--good:#1a7f4b;--warn:#9a6200;--bad:#c0322b}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--dim:#94a0ab;--line:#333b44;--card:#1a1f25;--ground:#11151a;--good:#4cc38a;--warn:#e0a83c;--bad:#ff7b72}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1180px;margin:0 auto;padding:1.5rem}h1{font-size:1.35rem;margin:0}h2{font-size:1rem;margin:0 0 .6rem}
header{display:flex;gap:1rem;align-items:baseline;flex-wrap:wrap;margin-bottom:1rem}header p{margin:0;color:var(--dim)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:.75rem;margin-bottom:1rem}
.card,section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem}
.card b{display:block;font-size:1.25rem;font-weight:600}.card span{color:var(--dim);font-size:.85rem}
section{margin-bottom:1rem;overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th{text-align:left;color:var(--dim);font-weight:500;border-bottom:1px solid var(--line)}td,th{padding:.35rem .7rem .35rem 0;vertical-align:top}
tr+tr td{border-top:1px solid var(--line)}.n{text-align:right;padding-right:1.3rem;font-variant-numeric:tabular-nums;white-space:nowrap}
code{font:.85em ui-monospace,monospace;white-space:nowrap}.wrap{overflow-wrap:anywhere}.fix{white-space:nowrap}.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.dim{color:var(--dim)}
.tag{font-weight:600;white-space:nowrap}section.bad{color:inherit;border-left:4px solid var(--bad)}section.warn{color:inherit;border-left:4px solid var(--warn)}p.none{margin:0;color:var(--dim)}
footer{color:var(--dim);font-size:.85rem}footer a{color:inherit}.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(430px,1fr));gap:0 1rem}`;

/** The page for people: one look says whether all is well, a second one why not. Nothing on it is a button. */
export function statusPage(status: StatusReport, now: Date): string {
  const title = `Ballast keeper · ${status.network}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}"><title>${html(title)}</title><style>${STYLE}</style></head>
<body><main>
<header><h1>${html(title)}</h1><p>${html(headline(status))}</p></header>
${cards(status)}
${alerts(status)}
${loansAtRisk(status)}
${pendingTransactions(status)}
${results(status)}
${profit(status.profitByDay)}
<div class="pair">${facilities(status.facilities)}${nodes(status)}</div>
<footer>As of ${html(now.toISOString().replace("T", " ").slice(0, 19))} UTC, running since ${html(status.startedAt.replace("T", " ").slice(0, 19))}. Operator <code>${html(status.operator)}</code>, liquidator <code>${html(status.liquidator)}</code>, chain ${status.chainId}.
The same as data: <a href="/status">/status</a>, <a href="/metrics">/metrics</a>, <a href="/health">/health</a>, <a href="/ready">/ready</a>.</footer>
</main></body></html>
`;
}

function headline({ mode, leadership, halted }: StatusReport): string {
  if (mode === "monitor") return "monitoring: it decides, and sends nothing";
  if (halted !== "") return `halted: ${halted}`;
  return { alone: "sending", leader: "leading, and sending", standby: "standing by: another keeper leads" }[
    leadership.role
  ];
}

function cards({ alerts, atRisk, decided, head, health, loans, pending, ready }: StatusReport): string {
  const critical = alerts.filter(({ severity }) => severity === "critical").length;
  const card = (value: string, label: string, tone = ""): string =>
    `<div class="card"><b class="${tone}">${html(value)}</b><span>${html(label)}</span></div>`;
  const behind = decided === null || head === null ? "" : `, ${head.number - decided.number} behind the head`;
  return `<div class="cards">${[
    card(health.ok ? "healthy" : "not healthy", health.reason, health.ok ? "good" : "bad"),
    card(
      ready.ok ? "caught up" : "behind",
      `block ${decided?.number ?? "none"} decided${behind}`,
      ready.ok ? "good" : "warn",
    ),
    card(
      alerts.length === 0 ? "none" : String(alerts.length),
      critical === 0 ? "alerts" : `alerts, ${critical} critical`,
      critical > 0 ? "bad" : alerts.length > 0 ? "warn" : "good",
    ),
    card(String(loans), "open loans"),
    card(String(atRisk.length), "near or beyond their limit", atRisk.length > 0 ? "warn" : ""),
    card(String(pending), "transactions under way"),
  ].join("")}</div>`;
}

function alerts({ alerts: running }: StatusReport): string {
  if (running.length === 0) return "";
  const worst = running.some(({ severity }) => severity === "critical") ? "bad" : "warn";
  const rows = running.map(({ kind, severity, about, title, details, since }) => [
    tag(severity, severity === "critical" ? "bad" : "warn"),
    `<b>${html(title)}</b>${about === "" ? "" : ` · <code>${html(about)}</code>`}<br><span class="dim wrap">${html(detailsText(details))}</span>`,
    `<span class="fix">${html(kind)}</span>`,
    `<span class="fix">${html(since.replace("T", " ").slice(0, 19))}</span>`,
  ]);
  return section("Alerts", ["", "what", "kind", "since (UTC)"], rows, "", worst);
}

/** Names and values; what is in lists one after another. */
function detailsText(value: unknown): string {
  if (Array.isArray(value)) return value.map(detailsText).join("; ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name}: ${detailsText(one)}`)
    .join(", ");
}

/** Those about which something is to be said first, then the nearest to their limit. */
function loansAtRisk({ atRisk, facilities: known }: StatusReport): string {
  const order = ["left", "held", "pending", "sent", "would-send", "watch"];
  const sorted = atRisk.toSorted(
    (a, b) => order.indexOf(a.action) - order.indexOf(b.action) || Number(a.health ?? 0) - Number(b.health ?? 0),
  );
  const rows = sorted.slice(0, MOST_LOANS).map((loan) => {
    const facility = known.find(({ id }) => id === loan.facility);
    return [
      `<code title="${html(loan.loan)}">${html(short(loan.loan))}</code>`,
      String(loan.facility),
      amount(loan.debt, facility?.loanDecimals ?? 0, facility?.loanSymbol ?? ""),
      html(loan.health ?? "no price"),
      tag(loan.action, toneOf(loan)),
      html(loan.reason),
    ];
  });
  const more = sorted.length > MOST_LOANS ? `, the first ${MOST_LOANS} of ${sorted.length}` : "";
  const head = ["loan", "facility", "#debt", "#health", "", "why"];
  return section(`Loans near or beyond their limit${more}`, head, rows, "None: every loan is well within its limit.");
}

const toneOf = ({ action }: LoanReport): string =>
  ({ left: "bad", held: "warn", sent: "good", pending: "good", "would-send": "good", watch: "dim" })[action];

function pendingTransactions({ pendingTransactions: pending }: StatusReport): string {
  const rows = pending.map(({ nonce, kind, subjects, hashes, sentAtBlock }) => [
    String(nonce),
    `<span class="fix">${html(kind)}</span>`,
    subjects.map((subject) => `<code title="${html(subject)}">${html(short(subject))}</code>`).join(" "),
    `<code title="${html(hashes.join(" "))}">${html(short(hashes.at(-1) ?? ""))}</code>${hashes.length > 1 ? ` <span class="dim">${hashes.length} attempts</span>` : ""}`,
    sentAtBlock < 0 ? "before the start" : String(sentAtBlock),
  ]);
  return section("Under way", ["#nonce", "what", "about", "transaction", "#since block"], rows, "Nothing.");
}

function results({ results: all, facilities: known }: StatusReport): string {
  const rows = all
    .slice(-MOST_RESULTS)
    .toReversed()
    .map((result) => {
      const facility = known.find(({ id }) => id === result.facility);
      return [
        String(result.block ?? ""),
        html(result.kind),
        `<code title="${html(result.subject)}">${html(short(result.subject))}</code>`,
        tag(result.outcome, outcomeTone(result)),
        amount(result.grossProfit, facility?.loanDecimals ?? 0, facility?.loanSymbol ?? ""),
        html(result.why ?? ""),
      ];
    });
  return section("Latest results", ["#block", "what", "about", "", "#earned", "why"], rows, "None since the start.");
}

const outcomeTone = ({ outcome }: ResultReport): string =>
  outcome === "done" ? "good" : outcome === "reverted" || outcome === "no-effect" ? "bad" : "dim";

function profit(days: readonly DayReport[]): string {
  const rows = days.map(({ day, symbol, decimals, done, other, grossProfit, fees, netProfit, feesWei }) => [
    html(day),
    String(done),
    String(other),
    amount(grossProfit, decimals, symbol),
    amount(fees, decimals, symbol),
    `<b>${amount(netProfit, decimals, symbol)}</b>`,
    amount(feesWei, 18, "ETH", 6),
  ]);
  const head = ["day (UTC)", "#done", "#other transactions", "#earned", "#fees", "#left", "#fees in ether"];
  return section("Profit by day", head, rows, "No results yet.");
}

function facilities(all: readonly FacilityReport[]): string {
  const rows = all.map(({ id, loans, debt, loanDecimals, loanSymbol, refusal, heldUntil, priceE36 }) => [
    String(id),
    String(loans),
    amount(debt, loanDecimals, loanSymbol),
    priceE36 !== null
      ? tag("live", "good")
      : heldUntil !== null
        ? tag("sources disagree", "warn")
        : tag("refused", "bad"),
    html(refusal ?? ""),
  ]);
  return section("Facilities", ["#number", "#loans", "#owed", "price", ""], rows, "None known yet.");
}

function nodes({ endpoints, leadership }: StatusReport): string {
  const rows = endpoints.map(({ endpoint, state, head, latencyMs, note }) => [
    `<code>${html(endpoint)}</code>`,
    tag(state, state === "up" ? "good" : "bad"),
    String(head ?? ""),
    latencyMs === null ? "" : `${Math.round(latencyMs)} ms`,
    html(note ?? ""),
  ]);
  const { role, holder, fence } = leadership;
  const who = holder === null ? "" : `, ${holder} leads (fence ${fence ?? "none"})`;
  return section(`Nodes · ${role}${who}`, ["node", "", "#head", "#answers in", ""], rows, "Not told apart.");
}

/** Heads that begin with # are of numbers. Cells are HTML already. */
function section(title: string, head: readonly string[], rows: readonly string[][], none: string, tone = ""): string {
  const cell = (kind: "td" | "th", text: string, index: number): string =>
    `<${kind}${head[index]?.startsWith("#") === true ? ' class="n"' : ""}>${text}</${kind}>`;
  const body =
    rows.length === 0
      ? `<p class="none">${html(none)}</p>`
      : `<table><tr>${head.map((text, index) => cell("th", html(text.replace("#", "")), index)).join("")}</tr>${rows
          .map((row) => `<tr>${row.map((text, index) => cell("td", text, index)).join("")}</tr>`)
          .join("")}</table>`;
  return `<section class="${tone}"><h2>${html(title)}</h2>${body}</section>`;
}

const tag = (text: string, tone: string): string => `<span class="tag ${tone}">${html(text)}</span>`;
const short = (hex: string): string => (hex.length > 16 ? `${hex.slice(0, 8)}…${hex.slice(-6)}` : hex);

const amount = (units: string, decimals: number, symbol: string, shown = 2): string =>
  html(`${amountText(BigInt(units), decimals, shown)}${symbol === "" ? "" : ` ${symbol}`}`);

function html(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
