import { type Head, type Node } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import type { EtherPrice } from "../config/schema.js";
import type { Episodes } from "../episodes.js";
import { Inconsistent } from "../errors.js";
import { NoEtherPrice, etherPriceIn } from "../plan/etherPrice.js";
import type { FacilityDesk } from "../plan/routes.js";

/** Units of the loan asset for one ether, by facility, all asked at once; facilities whose feed does not answer are left out. */
export async function etherPrices(
  { node, episodes, source }: { readonly node: Node; readonly episodes: Episodes; readonly source: EtherPrice },
  facilities: Iterable<number>,
  desks: ReadonlyMap<number, FacilityDesk>,
  head: Head,
): Promise<ReadonlyMap<number, bigint>> {
  const prices = new Map<number, bigint>();
  await Promise.all(
    [...new Set(facilities)].map(async (id) => {
      const desk = desks.get(id);
      if (desk === undefined) return;
      const what = `the price of ether cannot be read for facility ${id}`;
      try {
        prices.set(id, await etherPriceIn(desk.loanDecimals, source, node, head));
        episodes.end(what);
      } catch (error) {
        if (!saysNothing(error)) throw error;
        episodes.begin(what, { why: error.message });
      }
    }),
  );
  return prices;
}

/** A feed that reverts, is too old, or is no feed. */
const saysNothing = (error: unknown): error is Error =>
  [NoEtherPrice, RpcError, Inconsistent].some((kind) => error instanceof kind);
