/** Something the devnet could not do; the message says what was found and what to do about it. */
export class DevnetError extends Error {
  override name = "DevnetError";
}
