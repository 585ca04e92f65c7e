import { liquidatorAbi, loanManagerAbi } from "../../sdk/client/abi/index.js";
import { type AbiNamed, interfaceOf, plainObject } from "../../sdk/client/typedContract.js";
import { type Revert, explainRevert } from "../chain/contracts.js";
import type { Receipt } from "../chain/node.js";
import type { Realised } from "./receipts.js";

/** What became of one loan of a transaction about several. */
export type ItemResult =
  | { readonly kind: "done"; readonly realised: Realised; readonly fromInventory: boolean }
  | { readonly kind: "failed"; readonly revert: Revert };

type Done = AbiNamed<typeof liquidatorAbi, "event", "ItemDone">;
type Failed = AbiNamed<typeof liquidatorAbi, "event", "ItemFailed">;
type Liquidated = AbiNamed<typeof loanManagerAbi, "event", "Liquidated">;

/**
 * @returns undefined where the receipt has neither of the events that the liquidator owes for every loan: nothing happened
 */
export function itemOf(
  receipt: Receipt,
  loan: bigint,
  { managers, liquidator }: { readonly managers: readonly string[]; readonly liquidator: string },
): ItemResult | undefined {
  const failed = eventsOf<Failed>(receipt, [liquidator], liquidatorAbi, "ItemFailed").find(({ id }) => id === loan);
  if (failed !== undefined) return { kind: "failed", revert: explainRevert(failed.reason) };
  const done = eventsOf<Done>(receipt, [liquidator], liquidatorAbi, "ItemDone").find(({ id }) => id === loan);
  const sale = eventsOf<Liquidated>(receipt, managers, loanManagerAbi, "Liquidated").find(
    (event) => event.id === loan && same(event.liquidator, liquidator),
  );
  if (done === undefined || sale === undefined) return undefined;
  const { repaid, seized, profit, fromInventory } = done;
  // Bought with what was held, the collateral stands in the books at what was paid for it: nothing is earned before it is sold.
  const grossProfit = fromInventory ? 0n : profit;
  const proceeds = fromInventory ? 0n : repaid + profit;
  return {
    kind: "done",
    fromInventory,
    realised: {
      repaid,
      seized,
      debtClosed: sale.debtClosed,
      proceeds,
      grossProfit,
      cash: fromInventory ? -repaid : profit,
    },
  };
}

function eventsOf<T>(
  receipt: Receipt,
  addresses: readonly string[],
  abi: typeof liquidatorAbi | typeof loanManagerAbi,
  name: string,
): T[] {
  return receipt.logs
    .filter((log) => addresses.some((address) => same(log.address, address)))
    .flatMap((log) => {
      const parsed = interfaceOf(abi).parseLog(log);
      return parsed?.name === name ? [plainObject(parsed.fragment.inputs, parsed.args) as T] : [];
    });
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
