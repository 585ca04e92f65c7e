import { Interface, type Log } from "ethers";

/**
 * What a keeper may send to its Liquidator: one loan a transaction, or several, each of which may fail for itself. Written out
 * here, as the harness takes its word from the chain and not from the keeper's code.
 */
const liquidator = new Interface([
  "function liquidate(uint256 id, uint256 maxRepaid, uint256 minCollateralPerUnitE36, bytes path, uint256 minProfit, uint256 deadline)",
  "function liquidateMany((uint256 id, uint256 maxRepaid, uint256 minCollateralPerUnitE36, uint256 minProfit, bool markFirst, (uint256 weight, bytes path)[] legs)[] items, uint256 gasPerItem, uint256 deadline)",
  "event ItemFailed(uint256 indexed id, bytes reason)",
]);

/** The loans that a transaction to the Liquidator is about; none for any other transaction. */
export function loansOf({ to, data }: { to: string | null; data: string }, at: string | undefined): bigint[] {
  if (at === undefined || to?.toLowerCase() !== at.toLowerCase()) return [];
  const parsed = liquidator.parseTransaction({ data });
  if (parsed?.name === "liquidate") return [parsed.args[0] as bigint];
  if (parsed?.name === "liquidateMany") return (parsed.args[0] as { id: bigint }[]).map(({ id }) => id);
  return [];
}

/** Loans of a bundle that failed in a transaction which succeeded, and the bytes that say why. */
export function failedItems(logs: readonly Log[]): { loan: bigint; reason: string }[] {
  return logs.flatMap((log) => {
    const parsed = liquidator.parseLog(log);
    return parsed?.name === "ItemFailed" ? [{ loan: parsed.args[0] as bigint, reason: parsed.args[1] as string }] : [];
  });
}
