/** Blocks after which another change of what a vault has besides is looked at again. */
const QUIET_BLOCKS = 300;

interface Vault {
  /** What it has that belongs to no loan: sent there by mistake. */
  surplus: bigint;
  /** A changed one for which the log was read again. */
  suspected: bigint | undefined;
  quietUntil: number;
}

/**
 * Holds the collateral of all loans against what their vault has. Less in the vault means that logs are missing. More may be tokens
 * that somebody sent there, or a top-up whose log is missing: the log is read again once, and what stays was sent. So that nobody
 * can keep a keeper reading by sending a unit a block, no other change is suspected for a while then.
 */
export class CustodyCheck {
  private readonly vaults = new Map<string, Vault>();

  /** @returns what shows that logs are missing; undefined where nothing does */
  check(address: string, held: bigint, ours: bigint, block: number): string | undefined {
    const surplus = held - ours;
    const sums = `the loans' collateral in vault ${address} adds up to ${ours} and it has ${held} at block ${block}`;
    if (surplus < 0n) return `${sums}: logs are missing and are read again`;
    const vault = this.vaults.get(address) ?? { surplus: 0n, suspected: undefined, quietUntil: 0 };
    this.vaults.set(address, vault);
    if (surplus === vault.surplus) {
      vault.suspected = undefined;
      return undefined;
    }
    if (vault.suspected === surplus) {
      [vault.surplus, vault.suspected, vault.quietUntil] = [surplus, undefined, block + QUIET_BLOCKS];
      return undefined;
    }
    if (block < vault.quietUntil) return undefined;
    vault.suspected = surplus;
    return `${sums}, ${surplus} more, where ${vault.surplus} more were known: the log is read again, once`;
  }
}
