import { formatBps } from "../amounts.js";
import { sentences } from "./speaker.js";

/** Errors of the AccessManager, of Capital and of the functions that roles may call. */
export const governanceSentences = sentences({
  AccessManagedUnauthorized: ({ caller }) => `${caller} has no role that may call this function`,
  AccessManagedRequiredDelay: ({ caller, delay }, say) =>
    `${caller} may call this function only ${say.duration(delay)} after having scheduled it`,
  AccessManagedInvalidAuthority: ({ authority }) => `${authority} is not an AccessManager`,
  AccessManagerAlreadyScheduled: ({ operationId }) => `operation ${operationId} is scheduled already`,
  AccessManagerNotScheduled: ({ operationId }) => `operation ${operationId} is not scheduled: schedule it first`,
  AccessManagerNotReady: ({ operationId }) => `operation ${operationId} is scheduled, but its delay is not over`,
  AccessManagerExpired: ({ operationId }) => `operation ${operationId} was not executed in time: schedule it again`,
  AccessManagerBadConfirmation: () => "to give a role up, its holder has to name itself",
  AccessManagerInvalidInitialAdmin: ({ initialAdmin }) => `${initialAdmin} cannot be the first admin`,
  AccessManagerLockedFunction: ({ selector }) => `the role that may call ${selector} cannot be changed`,
  AccessManagerLockedRole: ({ roleId }) => `role ${roleId.toString()} cannot be changed`,
  AccessManagerUnauthorizedAccount: ({ msgsender, roleId }) => `${msgsender} does not hold role ${roleId.toString()}`,
  AccessManagerUnauthorizedCall: ({ caller, target, selector }) => `${caller} may not call ${selector} of ${target}`,
  AccessManagerUnauthorizedCancel: ({ msgsender, caller, target, selector }) =>
    `${msgsender} may not cancel what ${caller} scheduled: ${selector} of ${target}`,
  AccessManagerUnauthorizedConsume: ({ target }) => `${target} is no contract that consumes scheduled operations`,
  WeightTooHigh: ({ riskClass, weightBps, maxWeightBps }) =>
    `a risk weight of ${formatBps(weightBps)} for class ${riskClass.toString()} is more than ${formatBps(maxWeightBps)}, the most there is`,
  ClassChanged: ({ riskClass }) =>
    `risk class ${riskClass.toString()} has another name in the new table: pools are assigned to it, so keep its name and add new classes at the end`,
  TooFewClasses: ({ classes, least }) =>
    `a table of ${classes.toString()} risk classes is too short: at least ${least.toString()}, those that pools may be assigned to`,
  TooManyClasses: ({ classes, most }) =>
    `${classes.toString()} risk classes are more than the ${most.toString()} allowed`,
  EffectiveInThePast: ({ effectiveAt, now_ }, say) =>
    `a table of risk weights cannot take effect at ${say.time(effectiveAt)}, before now (${say.time(now_)})`,
  UnknownRiskClass: ({ riskClass, classes }) =>
    `there is no risk class ${riskClass.toString()}: the table in force has ${classes.toString()}, counted from 0`,
  RatioOutOfBounds: ({ minRatioBps, least, most }) =>
    `a minimum ratio of ${formatBps(minRatioBps)} is not between ${formatBps(least)} and ${formatBps(most)}`,
  HaircutTooHigh: ({ haircutBps, maxHaircutBps }) =>
    `a haircut of ${formatBps(haircutBps)} is more than ${formatBps(maxHaircutBps)}`,
  DifferentAssets: ({ first, other }, say) =>
    `${say.who(first)} and ${say.who(other)} are different currencies: report their books one by one`,
  UnexpectedLoan: ({ id, previous }) =>
    `loan ${id.toString()} is not of this facility, or does not come after ${previous.toString()}: name loans once, in ascending order`,
  GuardianCannotRaise: ({ current, requested }) =>
    `the guardian only lowers: ${requested.toString()} is more than the present ${current.toString()}`,
  OraclePriceTooFar: ({ oldPriceE36, newPriceE36, limitBps }, say) =>
    `the new oracle says ${say.price(newPriceE36)}, more than ${formatBps(limitBps)} away from the old one's ${say.price(oldPriceE36)}`,
  OracleNotStaleEnough: ({ staleFor, required }, say) =>
    `the old oracle gives no price, but has been stale for ${say.duration(staleFor)} only; it can be replaced after ${say.duration(required)}`,
  OracleSetTooSoon: ({ setAt, interval }, say) =>
    `the oracle was replaced at ${say.time(setAt)}; it can be again ${say.duration(interval)} later`,
  OracleCapsDiffer: () =>
    "the new oracle has other caps on its waiting times than the old one; those are fixed for ever",
  InvalidFacility: ({ field, value, least, most }) =>
    `${field} is ${value.toString()}, but must be between ${least.toString()} and ${most.toString()}`,
  AssetMismatch: ({ field, expected, actual }) => `${field} should be ${expected}, but is ${actual}`,
});
