import { getAddress } from "ethers";
import { MAX_UINT256, YEAR_SECONDS, mulDivUp, subtractOrZero } from "../../model/index.js";
import { formatCash, formatTime } from "../amounts.js";
import { type Client, loansOf } from "../client.js";
import { paymentNeeds } from "../needs.js";
import { outlookOf } from "../outlook.js";
import { type TermLoanState, readTermLoan } from "../termLoan.js";
import type { Plan } from "./plan.js";
import { APPROVAL_SECONDS, ImpossibleAction, MINING_SECONDS, named, outlookNow, situationOf } from "./situation.js";

/** An amount, what is overdue, that and the next instalment, or all that ends the loan. */
export type TermPayment = bigint | "due" | "next" | "all";

const WAD = 10n ** 18n;

/** What a term loan may come to owe beyond what it owes now, within that time. */
export function marginOver(loan: TermLoanState, seconds: bigint): bigint {
  const rate = loan.annualRateWad + loan.latePremiumWad;
  const interest = mulDivUp(loan.debt * rate, seconds, YEAR_SECONDS * WAD) + 1n;
  const becomesLate = loan.nextDueAt === undefined ? 0n : loan.lateFee;
  return interest + becomesLate;
}

/** Pays on a term loan, anybody's: late charges, interest, principal in arrears, then ahead. */
export async function planPay(
  client: Client,
  request: { readonly from: string; readonly id: bigint; readonly payment: TermPayment },
): Promise<Plan> {
  const from = getAddress(request.from);
  const { loan, facility } = await situationOf(client, request.id);
  const term = await readTermLoan(client, request.id);
  if (term.debt === 0n) throw new ImpossibleAction(`${named(loan)} owes nothing: withdraw its collateral or close it`);
  const cash = (units: bigint): string => formatCash(units, facility.loan, "up");
  const { assets, what } = amountOf(request.payment, term, cash);
  const all = assets === undefined;
  const manager = loansOf(client, facility.id);
  const spent = all ? term.payOff + marginOver(term, APPROVAL_SECONDS) : assets;
  // A prepayment costs a fee and the interest on what it prepays, so that the debt does not fall by all of it.
  const isWithinSchedule = !all && assets <= term.dueNow + term.nextPayment;
  return {
    action: "pay",
    summary: `pays ${what} of ${named(loan)}`,
    facility,
    loanId: loan.id,
    transaction: {
      from,
      to: manager.address,
      data: manager.encode("repay", [loan.id, assets ?? MAX_UINT256, "0x"]),
    },
    before: [],
    needs: await paymentNeeds(
      client,
      {
        token: facility.loan,
        from,
        spender: facility.pool,
        spenderIs: "pool",
        amount: spent,
        least: all ? term.payOff : assets,
      },
      true,
    ),
    now: outlookNow({ loan, facility }),
    ...(all && { then: outlookOf(facility, loan.collateral, 0n) }),
    ...(isWithinSchedule && { then: outlookOf(facility, loan.collateral, subtractOrZero(loan.debt, assets)) }),
    context: { facility },
  };
}

/** @returns no amount for all there is */
function amountOf(
  payment: TermPayment,
  loan: TermLoanState,
  cash: (units: bigint) => string,
): { assets: bigint | undefined; what: string } {
  const next = loan.nextDueAt === undefined ? "" : ` due on ${formatTime(loan.nextDueAt)}`;
  if (payment === "all" || (typeof payment === "bigint" && payment >= loan.payOff)) {
    return { assets: undefined, what: `all, ${cash(loan.payOff)} and the interest until mined,` };
  }
  if (payment === "due") {
    if (loan.dueNow === 0n) {
      const later = next === "" ? "" : `; the next payment, ${cash(loan.nextPayment)}, is${next} (pay next)`;
      throw new ImpossibleAction(`nothing is overdue${later}`);
    }
    // Late interest runs on until it is mined; what is too much of it is credit.
    const assets = loan.dueNow + marginOver({ ...loan, nextDueAt: undefined }, MINING_SECONDS);
    return { assets, what: `what is overdue, ${cash(loan.dueNow)} and the interest until mined,` };
  }
  if (payment === "next") {
    const assets = loan.dueNow + loan.nextPayment;
    if (assets === 0n) throw new ImpossibleAction(`the next instalment${next} is paid for already`);
    const overdue = loan.dueNow === 0n ? "" : `what is overdue, ${cash(loan.dueNow)}, and `;
    return { assets, what: `${overdue}the instalment${next}, ${cash(loan.nextPayment)},` };
  }
  return { assets: payment, what: `${cash(payment)}${splitOf(payment, loan, cash)}` };
}

/** Where a payment goes beyond what is overdue. */
function splitOf(payment: bigint, loan: TermLoanState, cash: (units: bigint) => string): string {
  if (payment <= loan.dueNow) return ` (of ${cash(loan.dueNow)} overdue)`;
  const ahead = payment - loan.dueNow;
  if (ahead <= loan.nextPayment) return ` (${cash(ahead)} of it towards the next instalment)`;
  return ` (${cash(ahead - loan.nextPayment)} of it to prepay principal, with its interest and fee)`;
}
