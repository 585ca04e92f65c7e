/** One, in the scale of rates, LTVs, health factors and incentives. */
export const WAD = 10n ** 18n;

/** Scale of prices: value in loan units = collateral × price / 1e36. */
export const PRICE_SCALE = 10n ** 36n;

/** 365 days, the year of every annual rate. */
export const YEAR_SECONDS = 31_536_000n;

/** Shares that exist before the first deposit, so that no donation can make one share dear (EIP-4626 inflation). */
export const VIRTUAL_SHARES = 1_000_000n;

/** The assets behind {@link VIRTUAL_SHARES}. */
export const VIRTUAL_ASSETS = 1n;

/** The largest uint256: "no limit" in requests, "no debt" in health factors. */
export const MAX_UINT256 = 2n ** 256n - 1n;
