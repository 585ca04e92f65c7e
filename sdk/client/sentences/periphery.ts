import { formatBps } from "../amounts.js";
import { sentences } from "./speaker.js";

const ORDER_KINDS = ["deleverage", "take-profit", "auto-repay", "auto-top-up"];
// An LTV of a debt that nothing covers is the largest number there is.
const percentOf = (bps: bigint): string => (bps >= 2n ** 128n ? "beyond all measure" : formatBps(bps));

/** Errors of the keeper's liquidator, of repayment out of collateral, and of standing orders. */
export const peripherySentences = sentences({
  DeadlinePassed: ({ deadline, timestamp }, say) =>
    `the transaction was to be mined by ${say.time(deadline)}, but it is ${say.time(timestamp)}: send it again`,
  ProfitTooLow: ({ profit, minProfit }, say) =>
    `the sale would bring a profit of ${say.cash(profit)}, less than the ${say.cash(minProfit, "up")} asked for`,
  NotOperator: ({ caller }) => `${caller} is not an operator of this liquidator`,
  NotSelf: ({ caller }) => `only the liquidator itself runs a part of its bundle, not ${caller}`,
  NothingDone: ({ reasons }) =>
    reasons.length === 1
      ? "the only liquidation of the bundle failed"
      : `all ${reasons.length} liquidations of the bundle failed`,
  TooLittleGas: ({ gas, needed }) =>
    `the transaction has ${gas.toString()} gas left for its liquidations, which were promised ${needed.toString()}`,
  NoInventory: ({ facility }) =>
    `the liquidator holds nothing that it may pay with in facility ${facility.toString()}: its owner deposits the loan asset and sets ` +
    "an allowance",
  WorthTooLittle: ({ worth, least }, say) =>
    `the collateral is worth ${say.cash(worth)}, less than the ${say.cash(least, "up")} it must be worth`,
  NotSupported: () => "this function of the liquidator is never to be called",
  UnexpectedCallback: ({ caller }) => `${caller} called back without having been asked`,
  InvalidPath: ({ expectedFirst, expectedLast }) =>
    `the swap's path does not lead from ${expectedFirst} to ${expectedLast}`,
  NoSuchPool: ({ tokenA, tokenB, fee }) =>
    `there is no Uniswap pool of ${tokenA} and ${tokenB} with fee ${fee.toString()}`,
  NotLoanOwner: ({ id, account, owner }, say) => `loan ${say.loan(id)} belongs to ${owner}, not to ${account}`,
  InsufficientLiquidity: ({ delivered, wanted }, say) =>
    `the market delivers ${say.cash(delivered)}, not ${say.cash(wanted, "up")}: repay less at a time`,
  TooMuchSold: ({ needed, maxSold }, say) =>
    `${say.collateral(needed, "up")} would have to be sold, more than the ${say.collateral(maxSold)} allowed`,
  WouldLeaveDust: ({ offered, paid }, say) =>
    `only ${say.cash(paid)} of ${say.cash(offered)} would be taken, so as not to leave a debt below the facility's smallest; ` +
    "repay exactly that, or all",
  InvalidOrder: ({ field, value, least, most }) =>
    `the order's ${field} is ${value.toString()}, but must be from ${least.toString()} to ${most.toString()}`,
  NoOrder: ({ id, owner, kind }, say) =>
    `${owner} has no ${ORDER_KINDS[Number(kind)] ?? kind.toString()} order for loan ${say.loan(id)}`,
  OrderExpired: ({ expiresAt }, say) => `the order expired at ${say.time(expiresAt)}: place it again`,
  NothingOwed: ({ id }, say) => `loan ${say.loan(id)} owes nothing`,
  LtvBelowTrigger: ({ ltvBps, triggerLtvBps }) =>
    `the LTV is ${percentOf(ltvBps)}, below the ${percentOf(triggerLtvBps)} the order waits for`,
  PriceBelowTrigger: ({ priceE36, triggerPriceE36 }, say) =>
    `the price is ${say.price(priceE36)}, below the ${say.price(triggerPriceE36)} the order waits for`,
  NothingToRepay: ({ debt, minDebt }, say) =>
    `nothing of ${say.cash(debt, "up")} can be repaid without leaving less than the smallest debt, ${say.cash(minDebt, "up")}: ` +
    "let the order repay all of it",
  InsufficientFunds: ({ available, needed }) =>
    `the order's limits and its owner's balance and allowance leave ${available.toString()} units, which does not bring the LTV ` +
    `below the trigger; ${needed.toString()} would bring it to the target`,
  FeeTooLow: ({ fee, minFee }) =>
    `the order pays a fee of ${fee.toString()} units, less than the ${minFee.toString()} asked for`,
  StillTriggered: ({ ltvBps, triggerLtvBps }) =>
    `the order would leave the LTV at ${percentOf(ltvBps)}, not below its trigger of ${percentOf(triggerLtvBps)}`,
  ReentrancyGuardReentrantCall: () => "the contract is in the middle of another order or liquidation",
  OwnableInvalidOwner: ({ owner }) => `${owner} cannot own the contract`,
  OwnableUnauthorizedAccount: ({ account }) => `${account} does not own the contract`,
});
