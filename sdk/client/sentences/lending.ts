import { sentences } from "./speaker.js";

/** Errors of the LendingPool, the Tranche and the CollateralVault. */
export const lendingSentences = sentences({
  InsufficientCash: ({ requested, available }, say) =>
    `the pool holds ${say.cash(available)} in cash, not ${say.cash(requested, "up")}; the rest is lent out: ` +
    "ask for at most that, or wait for repayments",
  NoDebt: () => "the loan owes nothing: close it or withdraw its collateral",
  PaymentLeavesDust: ({ requested, debt, minDebt }, say) =>
    `paying ${say.cash(requested)} of ${say.cash(debt, "up")} would leave less than the smallest debt, ${say.cash(minDebt, "up")}: pay all of it`,
  ReserveTooSmall: ({ requested, reserve }, say) =>
    `the reserve holds ${say.cash(reserve)}, not ${say.cash(requested, "up")}`,
  FeeTooHigh: ({ bps, maxBps }) =>
    `a reserve fee of ${bps.toString()} basis points is more than the ${maxBps.toString()} allowed`,
  FixedRateTooHigh: ({ ratePerSecond, maxRatePerSecond }) =>
    `a rate of ${ratePerSecond.toString()} a second (WAD) is more than the ${maxRatePerSecond.toString()} allowed`,
  AlreadyInitialised: ({ facility }) => `the pool belongs to facility ${facility.toString()} already`,
  NotInitialised: () => "the pool belongs to no facility yet, so nobody can lend to it",
  WipedOut: () =>
    "this class of lenders has lost everything while shares of it are out: new money would pay their loss, so it is refused",
  AlreadySeeded: () => "the tranche was seeded already",
  NothingReceived: ({ assets, shares }, say) =>
    `${say.cash(assets)} against ${shares.toString()} shares rounds to nothing: choose a larger amount`,
  OnlyManager: ({ caller, manager }) => `only the LoanManager (${manager}) may do that, not ${caller}`,
  OnlyTranche: ({ caller }) => `only the pool's tranches may do that, not ${caller}`,
  RedemptionsAreQueued: () =>
    "lenders wait for cash in the redemption queue: until they are served nothing is lent and nobody else leaves",
  JuniorCapitalTooLow: ({ junior, required }, say) =>
    `the first-loss capital, ${say.cash(junior)}, would be less than the capital ratio requires, ${say.cash(required, "up")}: ` +
    "no new loans and no junior exits until there is more capital or less debt",
  OnlyQueue: ({ caller, queue }) => `only the pool's queue (${queue}) may do that, not ${caller}`,
  InvalidReceiver: ({ receiver }, say) => `nothing can be sent to ${say.who(receiver)}: name another receiver`,
  TransferMismatch: ({ token, expected, received }, say) =>
    `the token moved ${say.token(token, received)} instead of ${say.token(token, expected)}: tokens that take a fee are not supported`,
});
