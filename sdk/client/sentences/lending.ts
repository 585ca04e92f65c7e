import { sentences } from "./speaker.js";

/** Errors of the pool, its tranches and queue, and the CollateralVault. */
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
  TooManyShares: ({ shares, most }) =>
    `new money would get ${shares.toString()} shares, and only ${most.toString()} may still be made: so much was lost that a share ` +
    "is worth next to nothing; lend elsewhere",
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
  InvalidExitTerms: ({ cooldown, window }, say) =>
    `a cooldown of ${say.duration(cooldown)} with a window of ${say.duration(window)} does not fit: senior has neither, junior and cover both`,
  LeavesAtOnce: () => "senior shares need no request: redeem them, or queue them while there is no cash",
  OutsideExitWindow: ({ opensAt, closesAt }, say) =>
    opensAt === 0n
      ? "first-loss shares leave in a window after a cooldown: request the exit first"
      : `the window of that exit is from ${say.time(opensAt)} to ${say.time(closesAt)}: wait for it, or request the exit again`,
  MoreThanRequested: ({ shares, requested }) =>
    `the exit was requested for ${requested.toString()} shares, not ${shares.toString()}; shares that came later wait for a request of their own`,
  RequestTooSmall: ({ shares, least }) =>
    `${shares.toString()} shares are too few to wait in the queue: at least ${least.toString()}, one whole share`,
  NothingToServe: ({ waiting, cash }, say) =>
    waiting === 0n
      ? "nobody waits in the redemption queue"
      : `the pool's cash, ${say.cash(cash)}, does not pay for one whole share: wait for repayments`,
  NotController: ({ controller }, say) =>
    `only ${say.who(controller)} and its operators may claim what this request brought`,
  MoreThanClaimable: ({ requested, claimable }) =>
    `${claimable.toString()} can be claimed of the request so far, not ${requested.toString()}`,
  ReentrancyGuardReentrantCall: () => "the contract is in the middle of another action: call again when it is over",
  NoPreview: () => "what a queued redemption brings is known when it is served: ask claimable",
  OnlyQueue: ({ caller, queue }) => `only the pool's queue (${queue}) may do that, not ${caller}`,
  InvalidReceiver: ({ receiver }, say) => `nothing can be sent to ${say.who(receiver)}: name another receiver`,
  TransferMismatch: ({ token, expected, received }, say) =>
    `the token moved ${say.token(token, received)} instead of ${say.token(token, expected)}: tokens that take a fee are not supported`,
});
