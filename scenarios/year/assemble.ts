import { conservationChecks } from "../accounting/conservation.js";
import { costOf, weiOf } from "../accounting/keeperFees.js";
import { flowOf, flowsOfGroups, type Flow } from "../accounting/snapshot.js";
import { readSwapped } from "../accounting/swaps.js";
import { partyAt } from "../accounting/totals.js";
import { capitalAt } from "../../sdk/client/client.js";
import { tranchesOf } from "../../sdk/client/tranches.js";
import { keeperBooks } from "../replay/assemble.js";
import { capitalOf } from "./books.js";
import { yearChecks } from "./checks.js";
import { readYear } from "./events.js";
import { both } from "./facilities.js";
import type { LoanOutcome, Month, Sale, YearResult } from "./result.js";
import type { YearRemains } from "./year.js";

/** Brings balances, the contracts' events and the keeper's books together into the result. */
export async function assembleYear(remains: YearRemains): Promise<YearResult> {
  const { world, facilities, parties, prices, course, first, last, options, span } = remains;
  const { loan, collateral } = world.facility;
  const [before, after] = [first.snapshot, last.snapshot];
  const closing = {
    number: course.months.length + 1,
    block: after.block,
    at: after.timestamp,
    books: last.books,
    isSettlement: true,
  };
  const ends = [...course.months, closing];
  const events = await readYear(
    world,
    facilities,
    before.block + 1,
    ends.map(({ block }) => block),
  );
  const months = ends.map((month, index): Month => ({ ...month, events: events.months[index] ?? {} }));
  const flow = (address: string): Flow => flowOf(partyAt(parties, address), before, after);
  const sum = (addresses: readonly string[]): Flow =>
    [...new Set(addresses)].map(flow).reduce((a, b) => ({ btc: a.btc + b.btc, usd: a.usd + b.usd }));
  const groups = flowsOfGroups(parties, before, after);
  const { keeperTransactions: sent } = course;
  const cost = costOf(sent);
  const pools = both(facilities).map(({ pool }) => pool);
  const { uniswap } = world.devnet.info;
  return {
    settings: { loans: options.loans, seed: options.seed, days: options.days },
    tokens: { btc: collateral, usd: loan },
    facilities: await Promise.all(
      both(facilities).map(async (facility) => ({
        ...{ id: facility.id, name: facility.name, kind: facility.kind, tranches: tranchesOf(facility) },
        minRatio: await minRatioOf(remains, facility.pool),
      })),
    ),
    span: { ...span, firstBlock: before.block, lastBlock: after.block },
    ...{ prices: [...prices], days: course.days, months },
    sales: events.sales.map((sale): Sale => {
      const resident = remains.residents.find(({ id }) => id.toString() === sale.loan);
      return {
        ...sale,
        at: course.times.get(sale.block) ?? span.to,
        borrower: resident?.person.name ?? "somebody else",
      };
    }),
    loans: outcomesOf(remains, events),
    refusals: course.refusals,
    keeper: {
      ...{ profit: groups.keeper.usd, cost, transactions: sent.length },
      etherPrice: BigInt(remains.etherPrice) * 10n ** BigInt(loan.decimals),
      reverted: sent.filter(({ succeeded }) => !succeeded).length,
    },
    flows: parties.map((party) => ({ name: party.name, group: party.group, ...flowOf(party, before, after) })),
    groups,
    checks: [
      ...conservationChecks(parties, before, after),
      ...yearChecks({
        ...{ groups, months, events, before: first.books },
        pools: sum(pools),
        vaults: sum(both(facilities).map(({ vault }) => vault)),
        uniswap: flow(uniswap.pool),
        swapped: await readSwapped(world.provider, uniswap, before.block + 1, after.block),
        keeper: keeperBooks(remains.status, loan.address),
        ether: { spent: first.keeperEther - last.keeperEther, fees: weiOf(cost) },
      }),
    ],
  };
}

function outcomesOf({ residents, span, course }: YearRemains, events: Awaited<ReturnType<typeof readYear>>) {
  return residents.map(({ plan, person, id, openedOn, daysRefused, refusal }): LoanOutcome => {
    const counts = events.counts.get(id);
    return {
      ...plan,
      name: person.name,
      openedAt: openedOn === undefined ? undefined : (course.days[openedOn]?.at ?? span.from),
      ...{ daysRefused, refusal },
      sales: events.sales.filter(({ loan }) => loan === id.toString()).length,
      markedInDefault: counts?.marked ?? 0,
      rolledOver: counts?.rolledOver ?? 0,
    };
  });
}

/** First-loss capital that the facility must have, against its weighted debt; undefined where there is no such rule. */
async function minRatioOf({ world: { client } }: YearRemains, pool: string): Promise<number | undefined> {
  const capital = await capitalOf(client, pool);
  if (capital === undefined) return undefined;
  const [, minRatioBps] = await capitalAt(capital).read(client.provider, "termsOf", [pool]);
  return Number(minRatioBps) / 10_000;
}
