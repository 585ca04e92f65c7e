import { formatPercent, formatUnits } from "../amounts.js";
import { type Speaker, sentences } from "./speaker.js";

const WAITING = "borrowing and liquidation wait; repaying, topping up and closing work";

function bounds(least: bigint, most: bigint): string {
  return `between ${least.toString()} and ${most.toString()}`;
}

function gap(first: bigint, second: bigint, say: Speaker): string {
  return `the price feeds say ${say.price(first)}, the second source ${second === 0n ? "nothing" : say.price(second)}`;
}

/** Errors of the PriceOracle: why there is no price, and mistakes at its creation. */
export const oracleSentences = sentences({
  FeedUnreadable: ({ leg, feed }, say) => `${say.leg(leg)} (${feed}) cannot be read; ${WAITING}`,
  AnswerOutOfBounds: ({ leg, answer, minAnswer, maxAnswer }, say) =>
    `${say.leg(leg)} answers ${answer.toString()}, which is not ${bounds(minAnswer, maxAnswer)}; ${WAITING}`,
  AnswerStale: ({ leg, updatedAt, age, maxAge }, say) =>
    `${say.leg(leg)} was last updated ${say.duration(age)} ago (${say.time(updatedAt)}), more than ${say.duration(maxAge)}; ${WAITING}`,
  AnswerFromFuture: ({ leg, updatedAt, timestamp }, say) =>
    `${say.leg(leg)} says it was updated at ${say.time(updatedAt)}, but it is ${say.time(timestamp)}; ${WAITING}`,
  NotEnoughGas: ({ callee, supplied, needed }) =>
    `${supplied.toString()} gas was left to ask ${callee}, but ${needed.toString()} are needed: send the transaction with more gas`,
  SequencerStatusUnknown: () => `the uptime feed does not know yet whether the sequencer is up; ${WAITING}`,
  SequencerDown: ({ since }, say) =>
    `the rollup's sequencer is reported down since ${say.time(since)}; ${WAITING}, also through L1`,
  SequencerGrace: ({ graceEndsAt, timestamp }, say) =>
    `the sequencer was down and borrowers have time to act until ${say.time(graceEndsAt)} (${say.duration(graceEndsAt - timestamp)}); ${WAITING}`,
  SequencerHistoryUnreadable: ({ roundId }) =>
    `round ${roundId.toString()} of the sequencer's uptime feed cannot be read; ${WAITING}`,
  SequencerUnsettled: ({ roundsRead, cap }, say) =>
    `the sequencer's status changed ${roundsRead.toString()} times within ${say.duration(cap)}; ${WAITING}`,
  NoSecondSource: () => "the oracle has no second source, so there is no disagreement to note",
  SecondSourceUnavailable: ({ source }) =>
    `the second price source (${source}) does not answer; borrowing waits; repaying, topping up and closing work`,
  SourcesDisagree: ({ primaryE36, secondE36, releasedAt }, say) =>
    `${gap(primaryE36, secondE36, say)}: liquidation waits until they agree, or until ${say.time(releasedAt)} if the disagreement lasts`,
  SourcesAgree: ({ primaryE36, secondE36, limitWad }, say) =>
    `${gap(primaryE36, secondE36, say)}: that is within ${formatPercent(limitWad)}, so there is no disagreement to note`,
  ReservesBelowSupply: ({ reservesWad, supplyWad }) =>
    `the wrapped BTC's reserves, ${formatUnits(reservesWad, 18, { most: 8 })}, do not cover its supply of ` +
    `${formatUnits(supplyWad, 18, { most: 8 })}: no new borrowing against it`,
  ZeroAddress: () => "an address that is needed is zero",
  SameAsset: ({ asset }) => `collateral and loan asset are both ${asset}`,
  DecimalsNotSupported: ({ tokenOrFeed, decimals, maxDecimals }) =>
    `${tokenOrFeed} has ${decimals.toString()} decimals, more than the ${maxDecimals.toString()} supported`,
  LegMissing: ({ leg }, say) => `${say.leg(leg)} is missing`,
  LegUnexpected: ({ leg }, say) => `${say.leg(leg)} is named, but has no place in this price`,
  MaxAgeZero: ({ leg }, say) => `${say.leg(leg)} needs an age above zero at which it counts as stale`,
  BoundsEmpty: ({ leg, minAnswer, maxAnswer }, say) =>
    `${say.leg(leg)} can have no answer ${bounds(minAnswer, maxAnswer)}`,
  PriceRangeUnusable: ({ lowestE36, highestOverflows }) =>
    `within the feeds' bounds the price could ${highestOverflows ? "overflow" : `fall to ${lowestE36.toString()} (scaled 1e36)`}: narrow the bounds`,
  SequencerCapZero: () => "the longest time a sequencer outage may block must be above zero",
  DisagreementLimitOutOfRange: ({ limitWad, maxWad }) =>
    `a disagreement limit of ${formatPercent(limitWad)} is not above zero and at most ${formatPercent(maxWad)}`,
  DisagreementCapZero: () => "the longest time a disagreement may block must be above zero",
  PriceOutsideSanityWindow: ({ source, priceWad, minWad, maxWad }) =>
    `${source} gives a price of ${formatUnits(priceWad, 18, { least: 2, most: 8 })}, outside the sanity window from ` +
    `${formatUnits(minWad, 18, { least: 2, most: 8 })} to ${formatUnits(maxWad, 18, { least: 2, most: 8 })}`,
});
