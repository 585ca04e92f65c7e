import { mulDivUp, subtractOrZero } from "../../model/index.js";
import { type Sentence, type Speaker, sentences } from "./speaker.js";

/** What to do about a loan-to-value that is too high: it depends on what was asked for. */
function waysOut(args: { debt: bigint; maxDebt: bigint; collateral: bigint }, say: Speaker): string {
  const { debt, maxDebt, collateral } = args;
  const { request } = say.context;
  if (maxDebt === 0n) return "nothing may be borrowed against it: repay the debt to take collateral out";
  if (request?.action === "withdraw") {
    const most = subtractOrZero(collateral + request.amount, mulDivUp(collateral, debt, maxDebt));
    return most === 0n ? "repay some debt first" : `repay some debt or withdraw at most ${say.collateral(most)}`;
  }
  const most = subtractOrZero(request?.amount ?? 0n, debt - maxDebt);
  return most === 0n ? "add collateral" : `add collateral or borrow at most ${say.cash(most)}`;
}

const ltvTooHigh: Sentence<"LtvTooHigh"> = (args, say) =>
  `the loan would owe ${say.cash(args.debt, "up")}, but ${say.collateral(args.collateral)} at ${say.price(args.priceE36)} ` +
  `supports at most ${say.cash(args.maxDebt)}; ${waysOut(args, say)}`;

/** Errors of the LoanManager that a borrower, an operator or a liquidator may meet. */
export const loanSentences = sentences({
  LtvTooHigh: ltvTooHigh,
  UnknownFacility: ({ facility }) => `there is no facility ${facility.toString()}`,
  FacilityLocked: ({ facility }) =>
    `facility ${facility.toString()} is in the middle of an action: a callback must not act on it again`,
  LoanExists: ({ id }, say) =>
    `loan ${say.loan(id)} is open already: choose another salt (one whose loan changed hands is used up for ever)`,
  NoSuchLoan: ({ id }, say) => `there is no loan ${say.loan(id)}: it was closed, or never opened`,
  NewLoansAreStopped: ({ facility }) =>
    `the guardian has stopped new loans in facility ${facility.toString()}; repaying, topping up, closing and withdrawing still work`,
  ZeroAmount: () => "the amount is zero: name one above it",
  BelowMinDebt: ({ debt, minDebt }, say) =>
    `the loan would owe ${say.cash(debt, "up")}, but the smallest loan here owes ${say.cash(minDebt, "up")}; borrow at least that`,
  CapExceeded: ({ totalDebt, cap }, say) =>
    `all loans together would owe ${say.cash(totalDebt, "up")}, but the facility's cap is ${say.cash(cap)}; ` +
    `borrow at least ${say.cash(subtractOrZero(totalDebt, cap), "up")} less`,
  LoanCapExceeded: ({ debt, loanCap }, say) =>
    `the loan would owe ${say.cash(debt, "up")}, but no loan here may owe more than ${say.cash(loanCap)}`,
  InsufficientCollateral: ({ requested, collateral }, say) =>
    `the loan holds ${say.collateral(collateral)}, not ${say.collateral(requested, "up")}; withdraw at most what it holds`,
  NotAuthorised: ({ caller, owner, action }, say) =>
    `${caller} may not ${say.action(action)} for ${owner}: the owner has to authorise it, or its authorisation has ended`,
  CashLimitExceeded: ({ requested, limit }, say) =>
    `the owner's authorisation lets the operator draw ${say.cash(limit)} more, not ${say.cash(requested, "up")}`,
  CollateralLimitExceeded: ({ requested, limit }, say) =>
    `the owner's authorisation lets the operator take out ${say.collateral(limit)} more, not ${say.collateral(requested, "up")}`,
  InvalidAuthorisation: ({ actions, operator }) =>
    `nobody can be authorised like that (actions ${actions.toString()}, operator ${operator}): an operator is somebody else than the owner, and actions are at most 31`,
  SignatureExpired: ({ deadline }, say) =>
    `the signature was good until ${say.time(deadline)}: ask its owner for a new one`,
  InvalidSignature: ({ owner }) =>
    `the signature is not one by ${owner} for exactly this authorisation with its next nonce: it was used already, or something in it was changed`,
  NotOffered: ({ id, caller, offeredTo }, say) =>
    `loan ${say.loan(id)} is ${BigInt(offeredTo) === 0n ? "offered to nobody" : `offered to ${offeredTo}`}, not to ${caller}: its owner has to offer it first`,
  LoanChanged: ({ debt, maxDebt, collateral, minCollateral }, say) =>
    `the loan owes ${say.cash(debt, "up")} with ${say.collateral(collateral)}, which is worse than what would be accepted: ` +
    `at most ${say.cash(maxDebt)} with at least ${say.collateral(minCollateral, "up")}`,
  NotAllowed: ({ account, action, reason }, say) =>
    `the facility's gate does not let ${account} ${say.newRisk(action)} ` +
    (reason === 2n ** 256n - 1n ? "(it failed to answer)" : `(its reason ${reason.toString()})`),
  NotLiquidatable: ({ debt, maxDebt }, say) =>
    `the loan is healthy: it owes ${say.cash(debt, "up")}, and its collateral supports ${say.cash(maxDebt)}`,
  BelowMinimum: ({ requested, allowance, minDebt }, say) =>
    `repaying ${say.cash(requested)} of the ${say.cash(allowance)} allowed would leave a debt below ${say.cash(minDebt, "up")}; repay more`,
  PriceTooLow: ({ collateralPerUnitE36, minCollateralPerUnitE36 }) =>
    `the liquidation brings ${collateralPerUnitE36.toString()} of collateral a unit repaid (scaled 1e36), less than the ${minCollateralPerUnitE36.toString()} asked for`,
  InvalidAccountNonce: ({ account, currentNonce }) =>
    `the signature carries another nonce than ${account}'s next one, ${currentNonce.toString()}`,
});
