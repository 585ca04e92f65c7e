import { PRICE_DECIMALS, type PriceE8 } from "./prices/decimal.js";

const MINUS = "−";

/**
 * A token amount for people: grouped thousands, `places` decimals, the last one rounded half away from zero.
 * @param amount smallest units
 */
export function formatUnits(amount: bigint, decimals: number, places: number): string {
  const negative = amount < 0n;
  let digits = negative ? -amount : amount;
  if (places < decimals) {
    const unit = 10n ** BigInt(decimals - places);
    digits = (digits + unit / 2n) / unit;
  } else digits *= 10n ** BigInt(places - decimals);
  const scale = 10n ** BigInt(places);
  const whole = (digits / scale).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = places > 0 ? `.${(digits % scale).toString().padStart(places, "0")}` : "";
  return `${negative && digits > 0n ? MINUS : ""}${whole}${rest}`;
}

/** Every digit there is, for amounts that must agree to the unit. */
export const formatExactly = (amount: bigint, decimals: number) => formatUnits(amount, decimals, decimals);

export const formatPrice = (price: PriceE8) => formatUnits(price, PRICE_DECIMALS, 2);

/** @param wei shown in ether */
export const formatEther = (wei: bigint, places = 6) => formatUnits(wei, 18, places);

/** For charts, where the eye cannot tell a float from the truth. */
export const toNumber = (amount: bigint, decimals: number) => Number(amount) / 10 ** decimals;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `12 Mar 10:05`, UTC */
export function formatTime(seconds: number): string {
  const iso = new Date(seconds * 1000).toISOString();
  return `${formatDay(seconds)} ${iso.slice(11, 16)}`;
}

/** `12 Mar`, UTC */
export function formatDay(seconds: number): string {
  const date = new Date(seconds * 1000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** `2 h 5 min`, `45 s` */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return [hours > 0 ? `${hours} h` : "", minutes % 60 > 0 || hours === 0 ? `${minutes % 60} min` : ""]
    .filter(Boolean)
    .join(" ");
}

/** With a space that does not break, so that no line begins with the sign. */
export const formatBps = (bps: number) => `${bps / 100}\u00a0%`;

export const formatHealth = (health: number | undefined) => (health === undefined ? "no debt" : health.toFixed(3));
