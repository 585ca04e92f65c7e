// Attacks in the middle of an action, and by tokens with habits.
import type { Attack } from "./attack.js";
import { MAX, PRICE, type World, btc, usd } from "./world.js";

/** Where the fee of a HabitToken goes: its issuer, who is the attacker. */
const ISSUER = "0x00000000000000000000000000000000000007a4";
/** FaultToken.Habit */
const FEE_FROM_RECEIVER = 1;
const HOOKS = 7;

const LENT_SHARES_OF = usd(100_000);
const FLASH = usd(9_000_000);

const readOnly: Attack = {
  fault: "C8",
  name: "a share's price read in the middle of an action",
  precedent: {
    protocol: "dForce (read-only re-entrancy, Optimism and Arbitrum)",
    year: 2023,
    lossUsd: 3_650_000,
    source: "https://www.oodaloop.com/technology/2023/02/13/dforce-defi-protocol-hacked-for-3-6-million/",
  },
  tries:
    "shares pledged with another lender that asks for their price, and borrowed against inside a callback, with flash money",
  async run(w) {
    const { contract } = w;
    await w.send(w.collateral.connect(w.attacker), "transfer", contract, btc(10));
    const other = await shareLender(w, w.senior);
    await w.send(w.loan.connect(w.attacker), "transfer", contract, usd(200_000));
    const before = await w.wealth(PRICE);
    const shares = await w.read<bigint>(w.senior, "previewDeposit", LENT_SHARES_OF);
    const borrow = w.contract.interface.encodeFunctionData("run", [[await w.call(other, "borrow", usd(500_000))]]);
    const inside = borrow.replace(/^0x.{8}/, "0x");
    const calls = [
      await w.call(w.senior, "deposit", FLASH, contract),
      await w.call(other, "supply", shares),
      await w.call(w.manager, "open", w.facility, 0, btc(10), usd(400_000), contract, inside),
    ];
    const refusal = await w.refusals.attempt(contract, "run", [await w.withFlash(FLASH, calls)]);
    return { refusals: refusal === undefined ? [] : [refusal], profit: (await w.wealth(PRICE)) - before };
  },
  async unguarded(w) {
    const { contract } = w;
    const vault = await w.plainMarket(await w.deploy("WrittenPrice", w.priceE36(PRICE)), 8_000, 500, usd(1_000_000));
    const other = await shareLender(w, vault);
    await w.send(w.loan.connect(w.attacker), "transfer", contract, usd(200_000));
    const before = await w.wealth(PRICE);
    await w.send(contract, "arm", 0, [await w.call(other, "borrow", usd(500_000))]);
    const calls = [
      await w.call(vault, "deposit", FLASH),
      await w.call(other, "supply", LENT_SHARES_OF),
      await w.call(vault, "redeem", FLASH - LENT_SHARES_OF),
    ];
    await w.send(contract, "run", [await w.withFlash(FLASH, calls)]);
    return (await w.wealth(PRICE)) - before;
  },
};

/** A market that takes shares of `vault` for collateral at the price the vault says, with a million dollars of others in it. */
async function shareLender(w: World, vault: World["senior"] | Awaited<ReturnType<World["deploy"]>>) {
  const other = await w.deploy("PlainMarket", vault, w.loan, await w.deploy("SharePrice", vault), 8_000, 500);
  await w.allow(other);
  await w.send(w.contract, "run", [await w.call(vault, "approve", other, MAX)]);
  await w.send(other.connect(w.lender), "deposit", usd(1_000_000));
  return other;
}

/** Bitcoin of others in the custody that is attacked. */
const OTHERS = { collateral: btc(100), principal: usd(1_000_000) };
const LOOPS = 20n;

const feeToken: Attack = {
  fault: "C13",
  name: "token that takes a fee on the way",
  precedent: {
    protocol: "Balancer (STA)",
    year: 2020,
    lossUsd: 500_000,
    source:
      "https://cryptoslate.com/defi-risks-hackers-drain-500k-in-link-wrapped-eth-and-other-alts-from-balancer-pools",
  },
  tries: "the wrapper's issuer switches on a fee for itself, and puts 100 bitcoin in and takes them out 20 times",
  async run(w) {
    await w.openFor(w.borrower, OTHERS.collateral, OTHERS.principal);
    await w.send(w.collateral, "setHabit", FEE_FROM_RECEIVER);
    const before = await w.wealth(PRICE, ISSUER);
    const manager = w.manager.connect(w.attacker);
    const refusal = await w.refusals.attempt(manager, "open", w.facility, 0, btc(100), usd(1_000), w.attacker, "0x");
    for (let loop = 0n; refusal === undefined && loop < LOOPS; loop++) {
      const id = await w.idOf(w.attacker);
      await w.send(manager, "withdraw", id, btc(99), w.attacker);
      await w.send(manager, "topUp", id, btc(98), "0x");
    }
    return { refusals: refusal === undefined ? [] : [refusal], profit: (await w.wealth(PRICE, ISSUER)) - before };
  },
  async unguarded(w) {
    const market = await plainWithOthers(w);
    await w.send(w.collateral, "setHabit", FEE_FROM_RECEIVER);
    const before = await w.wealth(PRICE, ISSUER);
    for (let loop = 0n; loop < LOOPS; loop++) {
      await w.send(market.connect(w.attacker), "supply", btc(100));
      await w.send(market.connect(w.attacker), "take", btc(100));
    }
    return (await w.wealth(PRICE, ISSUER)) - before;
  },
};

const hooks: Attack = {
  fault: "C13",
  name: "token that calls its receiver back",
  precedent: {
    protocol: "Lendf.Me (imBTC, ERC-777)",
    year: 2020,
    lossUsd: 25_000_000,
    source: "https://www.thecryptoupdates.com/lending-protocol-lendf-me-loses-99-of-its-assets-in-a-recent-attack/",
  },
  tries:
    "a loan closed, and closed and withdrawn from once more in the token's hook while its bitcoin is on the way out",
  async run(w) {
    const { contract } = w;
    await w.openFor(w.borrower, OTHERS.collateral, OTHERS.principal);
    await w.send(w.collateral.connect(w.attacker), "transfer", contract, btc(20));
    const before = await w.wealth(PRICE);
    await w.send(contract, "run", [
      await w.call(w.manager, "open", w.facility, 0, btc(20), usd(1_000), contract, "0x"),
    ]);
    await w.send(w.collateral, "setHabit", HOOKS);
    const id = await w.idOf(contract);
    const close = await w.call(w.manager, "close", id, contract, "0x");
    const refusals: string[] = [];
    for (const again of [close, await w.call(w.manager, "withdraw", id, btc(20), contract)]) {
      await w.send(contract, "arm", 0, [again]);
      const refusal = await w.refusals.attempt(contract, "run", [close]);
      if (refusal !== undefined) refusals.push(refusal);
    }
    return { refusals, profit: (await w.wealth(PRICE)) + (await w.equity(id, PRICE)) - before };
  },
  async unguarded(w) {
    const { contract } = w;
    const market = await plainWithOthers(w);
    await w.send(w.collateral.connect(w.attacker), "transfer", contract, btc(20));
    await w.send(w.collateral, "setHabit", HOOKS);
    const before = await w.wealth(PRICE);
    const take = await w.call(market, "take", btc(20));
    await w.send(contract, "run", [await w.call(market, "supply", btc(20))]);
    await w.send(contract, "arm", 0, [take]);
    await w.send(contract, "run", [take]);
    return (await w.wealth(PRICE)) - before;
  },
};

async function plainWithOthers(w: World) {
  const market = await w.plainMarket(await w.deploy("WrittenPrice", w.priceE36(PRICE)), 8_000, 500, usd(1_000_000));
  await w.send(market.connect(w.borrower), "supply", OTHERS.collateral);
  return market;
}

export const attacksWithTokens: readonly Attack[] = [readOnly, feeToken, hooks];
