import { passes, type Check, type Unit } from "../accounting/checks.js";
import { GROUP_NAMES, type Group } from "../accounting/parties.js";
import { formatExactly } from "../format.js";
import type { Flow } from "../accounting/snapshot.js";
import type { PartyFlow, Token } from "../result.js";
import { html, table, type Html } from "./html.js";

const ETHER_DECIMALS = 18;

/** What the tables of balances are made from. */
export interface Balances {
  flows: readonly PartyFlow[];
  groups: Record<Group, Flow>;
  checks: readonly Check[];
  tokens: { btc: Token; usd: Token };
  span: { firstBlock: number; lastBlock: number };
}

/** What every party holds more or less than at the first block, and the totals found in two ways. */
export function balancesTables({ flows, groups, checks, tokens, span }: Balances): Html {
  const amount = (value: bigint, unit: Unit) =>
    formatExactly(value, unit === "eth" ? ETHER_DECIMALS : tokens[unit].decimals);
  const names = Object.keys(GROUP_NAMES) as Group[];
  const sum = (unit: "btc" | "usd") => flows.reduce((total, flow) => total + flow[unit], 0n);
  const named = flows.filter(
    ({ group, btc, usd }) => group !== "borrowers" && group !== "lenders" && (btc !== 0n || usd !== 0n),
  );
  return html`<p>
      Balances of every account and contract, at block ${span.firstBlock} (wallets funded, nothing lent yet) and at
      block ${span.lastBlock} (all loans closed, all lenders paid out). Both sums must be zero to the unit.
    </p>
    ${table(
      ["Change between the two blocks", tokens.usd.symbol, tokens.btc.symbol],
      [
        ...names.map((group) => [
          GROUP_NAMES[group],
          amount(groups[group].usd, "usd"),
          amount(groups[group].btc, "btc"),
        ]),
        [
          html`<strong>Sum</strong>`,
          html`<strong>${amount(sum("usd"), "usd")}</strong>`,
          html`<strong>${amount(sum("btc"), "btc")}</strong>`,
        ],
      ],
      [1, 2],
    )}
    <details>
      <summary>Contracts and accounts one by one (borrowers and lenders are in report.json)</summary>
      ${table(
        ["", tokens.usd.symbol, tokens.btc.symbol],
        named.map(({ name, usd, btc }) => [name, amount(usd, "usd"), amount(btc, "btc")]),
        [1, 2],
      )}
    </details>
    <p>Totals found in two ways. The run fails when any pair differs by one unit.</p>
    ${table(
      ["Total", "From", "Amount", "Against", "Amount", ""],
      checks.map((check) => [
        check.what,
        check.measured.from,
        `${amount(check.measured.amount, check.unit)} ${check.unit === "eth" ? "ETH" : tokens[check.unit].symbol}`,
        check.expected.from,
        amount(check.expected.amount, check.unit),
        passes(check) ? "✓" : "✗ differs",
      ]),
      [2, 4],
    )}`;
}
