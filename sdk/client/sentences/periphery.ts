import { sentences } from "./speaker.js";

/** Errors of the keeper's liquidator and of repayment out of collateral. */
export const peripherySentences = sentences({
  DeadlinePassed: ({ deadline, timestamp }, say) =>
    `the transaction was to be mined by ${say.time(deadline)}, but it is ${say.time(timestamp)}: send it again`,
  ProfitTooLow: ({ profit, minProfit }, say) =>
    `the sale would bring a profit of ${say.cash(profit)}, less than the ${say.cash(minProfit, "up")} asked for`,
  NotOperator: ({ caller }) => `${caller} is not an operator of this liquidator`,
  NotSupported: () => "this function of the liquidator is never to be called",
  UnexpectedCallback: ({ caller }) => `${caller} called back without having been asked`,
  InvalidPath: ({ expectedFirst, expectedLast }) =>
    `the swap's path does not lead from ${expectedFirst} to ${expectedLast}`,
  NoSuchPool: ({ tokenA, tokenB, fee }) =>
    `there is no Uniswap pool of ${tokenA} and ${tokenB} with fee ${fee.toString()}`,
  NotLoanOwner: ({ id, caller, owner }, say) => `loan ${say.loan(id)} belongs to ${owner}, not to ${caller}`,
  InsufficientLiquidity: ({ delivered, wanted }, say) =>
    `the market delivers ${say.cash(delivered)}, not ${say.cash(wanted, "up")}: repay less at a time`,
  TooMuchSold: ({ needed, maxSold }, say) =>
    `${say.collateral(needed, "up")} would have to be sold, more than the ${say.collateral(maxSold)} allowed`,
  WouldLeaveDust: ({ offered, paid }, say) =>
    `only ${say.cash(paid)} of ${say.cash(offered)} would be taken, so as not to leave a debt below the facility's smallest; ` +
    "repay exactly that, or all",
  OwnableInvalidOwner: ({ owner }) => `${owner} cannot own the contract`,
  OwnableUnauthorizedAccount: ({ account }) => `${account} does not own the contract`,
});
