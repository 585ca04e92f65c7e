import type { Plan } from "../../sdk/client/actions/index.js";
import {
  bpsToWad,
  formatAmount,
  formatBps,
  formatCash,
  formatHealth,
  formatPercent,
  formatPrice,
  formatUnits,
} from "../../sdk/client/amounts.js";
import type { Cost } from "../../sdk/client/cost.js";
import type { Facility } from "../../sdk/client/facility.js";
import { type FacilityState, annualRate } from "../../sdk/client/facilityState.js";
import { formatLoanId, shortLoanId } from "../../sdk/client/loanIds.js";
import type { LoanState } from "../../sdk/client/loanState.js";
import type { Outlook } from "../../sdk/client/outlook.js";
import type { Price } from "../../sdk/client/price.js";
import { ETHER, type Token } from "../../sdk/client/token.js";
import { table } from "./output.js";

// ---- for programs: amounts in units and in digits, fractions in digits

export function amountJson(units: bigint, token: Token) {
  return { amount: formatUnits(units, token.decimals).replaceAll(",", ""), units, symbol: token.symbol };
}

const fraction = (wad: bigint): string => formatUnits(wad, 18).replaceAll(",", "");

export function priceJson(price: Price, { collateral, loan }: Facility) {
  if (price.priceE36 === undefined) return { refused: price.refusal };
  const text = formatPrice(price.priceE36, collateral, loan).replaceAll(",", "");
  return { price: text, priceE36: price.priceE36 };
}

export function facilityJson(f: FacilityState) {
  const rate = annualRate(f.borrowRatePerSecondWad);
  const cash = (units: bigint) => amountJson(units, f.loan);
  return {
    id: f.id,
    name: f.name,
    kind: f.kind,
    collateral: f.collateral,
    loan: f.loan,
    maxLtv: fraction(bpsToWad(f.maxLtvBps)),
    lltv: fraction(bpsToWad(f.lltvBps)),
    targetLtv: fraction(bpsToWad(f.targetLtvBps)),
    incentiveMin: fraction(bpsToWad(f.incentiveMinBps)),
    incentiveMax: fraction(bpsToWad(f.incentiveMaxBps)),
    minDebt: cash(f.minDebt),
    cap: cash(f.cap),
    loanCap: cash(f.loanCap),
    newLoansStopped: f.newLoansStopped,
    gate: f.gate ?? null,
    cash: cash(f.cash),
    totalDebt: cash(f.totalDebt),
    lenders: cash(f.seniorNav),
    reserve: cash(f.reserve),
    utilisation: fraction(f.utilisationWad),
    rate: { nominal: fraction(rate.nominalWad), effective: fraction(rate.effectiveWad) },
    borrowable: cash(f.borrowable),
    price: priceJson(f.price, f),
    borrowPrice: priceJson(f.borrowPrice, f),
    liquidationPrice: priceJson(f.liquidationPrice, f),
    contracts: { pool: f.pool, vault: f.vault, tranche: f.tranche, oracle: f.oracle },
  };
}

export function outlookJson(outlook: Outlook, facility: Facility) {
  const { collateral, loan } = facility;
  const optional = (value: bigint | undefined) => (value === undefined ? null : fraction(value));
  const { liquidationPriceE36: liquidation, debt } = outlook;
  return {
    collateral: amountJson(outlook.collateral, collateral),
    debt: amountJson(debt, loan),
    value: outlook.value === undefined ? null : amountJson(outlook.value, loan),
    ltv: optional(outlook.ltvWad),
    health: debt === 0n ? null : optional(outlook.healthWad),
    liquidationPrice: liquidation === undefined || debt === 0n ? null : priceJson({ priceE36: liquidation }, facility),
  };
}

export function loanJson(loan: LoanState) {
  return {
    id: loan.id,
    hex: formatLoanId(loan.id),
    short: shortLoanId(loan.id),
    facility: loan.facility.id,
    opener: loan.opener,
    owner: loan.owner,
    offeredTo: loan.offeredTo ?? null,
    ...outlookJson(loan, loan.facility),
    price: priceJson(loan.price, loan.facility),
    drawable: amountJson(loan.drawable, loan.facility.loan),
    withdrawable: amountJson(loan.withdrawable, loan.facility.collateral),
  };
}

export function costJson(cost: Cost) {
  const ether = (wei: bigint) => amountJson(wei, ETHER);
  return {
    gas: cost.gas,
    gasPrice: cost.gasPrice,
    l2: ether(cost.l2Fee),
    l1: ether(cost.l1Fee),
    operator: ether(cost.operatorFee),
    total: ether(cost.total),
  };
}

// ---- for people

const none = "–";

export function priceText(price: Price, { collateral, loan }: Facility): string {
  return price.priceE36 === undefined
    ? `none: ${price.refusal}`
    : `${formatPrice(price.priceE36, collateral, loan)} ${loan.symbol}`;
}

function liquidationText({ liquidationPriceE36, debt }: Outlook, facility: Facility): string {
  if (debt === 0n || liquidationPriceE36 === undefined) return none;
  return priceText({ priceE36: liquidationPriceE36 }, facility);
}

/** Fees are fractions of an ether too small for eight decimals. */
export function etherText(wei: bigint): string {
  return formatAmount(wei, ETHER, { most: 12, rounding: "up" });
}

export function rateText(ratePerSecondWad: bigint): string {
  const { nominalWad, effectiveWad } = annualRate(ratePerSecondWad);
  return `${formatPercent(nominalWad)} a year (${formatPercent(effectiveWad)} with compounding)`;
}

export function facilitiesText(facilities: readonly FacilityState[]): string {
  const rows = facilities.map((f) => [
    f.id.toString(),
    f.name,
    formatPercent(annualRate(f.borrowRatePerSecondWad).nominalWad),
    formatCash(f.cash, f.loan),
    formatCash(f.totalDebt, f.loan, "up"),
    formatPercent(f.utilisationWad),
    `${formatBps(f.maxLtvBps)} / ${formatBps(f.lltvBps)}`,
    formatCash(f.minDebt, f.loan),
    f.price.priceE36 === undefined ? "refused" : priceText(f.price, f),
    f.newLoansStopped ? "exits only" : "open",
  ]);
  const head = ["#", "facility", "rate", "cash", "lent", "used", "max LTV / LLTV", "smallest", "price", "new loans"];
  const refusals = facilities
    .filter(({ price }) => price.refusal !== undefined)
    .map((f) => `facility ${f.id} has no price: ${f.price.refusal ?? ""}`);
  return [table(head, rows, 2), ...refusals].join("\n");
}

export function loansText(loans: readonly LoanState[]): string {
  const rows = loans.map((loan) => [
    shortLoanId(loan.id),
    loan.facility.name,
    formatAmount(loan.collateral, loan.facility.collateral),
    formatCash(loan.debt, loan.facility.loan, "up"),
    loan.ltvWad === undefined ? none : formatPercent(loan.ltvWad),
    loan.healthWad === undefined ? none : formatHealth(loan.healthWad),
    liquidationText(loan, loan.facility),
    loan.offeredTo ?? none,
  ]);
  return table(["loan", "facility", "collateral", "debt", "LTV", "health", "liquidated below", "offered to"], rows, 2);
}

/** How a loan stands and would stand, side by side. */
export function outlooksText(
  columns: readonly { readonly name: string; readonly outlook: Outlook }[],
  facility: Facility,
): string {
  const rows: [string, (outlook: Outlook) => string][] = [
    ["collateral", ({ collateral }) => formatAmount(collateral, facility.collateral)],
    ["debt", ({ debt }) => formatCash(debt, facility.loan, "up")],
    ["value of the collateral", ({ value }) => (value === undefined ? none : formatCash(value, facility.loan))],
    ["LTV", ({ ltvWad }) => (ltvWad === undefined ? none : formatPercent(ltvWad))],
    ["health factor", ({ healthWad }) => (healthWad === undefined ? none : formatHealth(healthWad))],
    ["liquidated below", (outlook) => liquidationText(outlook, facility)],
  ];
  const head = ["", ...columns.map(({ name }) => name)];
  return table(
    head,
    rows.map(([name, of]) => [name, ...columns.map(({ outlook }) => of(outlook))]),
  );
}

export function planText({ now, then, facility }: Plan): string | undefined {
  const columns = [
    ...(now === undefined ? [] : [{ name: "now", outlook: now }]),
    ...(then === undefined ? [] : [{ name: "afterwards", outlook: then }]),
  ];
  return columns.length === 0 ? undefined : outlooksText(columns, facility);
}
