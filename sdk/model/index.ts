export * from "./adaptiveCurve.js";
export * from "./amortisation.js";
export * from "./capital.js";
export * from "./constants.js";
export * from "./errors.js";
export * from "./exponential.js";
export * from "./fastLz.js";
export * from "./fixedRate.js";
export * from "./growth.js";
export * from "./health.js";
export * from "./incentive.js";
export * from "./liquidation.js";
/** The whole state machine: actions, events, replay. Its verbs (open, mint, transfer) are common words, hence the name in front. */
export * as machine from "./machine/index.js";
export * from "./math.js";
export * from "./riskTerms.js";
export * from "./rollupFees.js";
export * from "./shares.js";
export * from "./termLoan.js";
