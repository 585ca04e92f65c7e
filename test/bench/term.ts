// Term loans: gas of their life, in a facility with one class of lenders and in one with three.
import { getCreateAddress, MaxUint256, ZeroAddress, type BaseContract, type Signer } from "ethers";
import type { Chain } from "./chain.js";
import { as, BTC, PRICE, setUpMarket, USD } from "./market.js";
import { deployOracle } from "./oracle.js";

const DAY = 86_400;
/** The first of a TermLoanManager. */
const FACILITY = 1_000_001;
const PERIOD = 30 * DAY;

/** Cooldown and window. */
const exitTerms = (trancheClass: number): [number, number] => (trancheClass === 0 ? [0, 0] : [7 * DAY, 2 * DAY]);

/** A term facility, its lenders and one monthly sheet. */
async function setUpTerm(chain: Chain, tiered: boolean) {
  const { deploy, ethers } = chain;
  const market = await setUpMarket(chain);
  const { admin, lender, bob, liquidator, publisher, wbtc, usd } = market;
  const oracle = await deployOracle(chain, market, 365 * DAY);
  const access = await deploy("AccessManager", publisher);
  const engine = await deploy("LiquidationEngine");
  const manager = await deploy("TermLoanManager", access, engine);
  const book = await deploy("TermLoanBook");
  const vault = await deploy("CollateralVault", wbtc, manager);
  const nonce = await ethers.provider.getTransactionCount(publisher);
  const poolAddress = getCreateAddress({ from: publisher, nonce: nonce + (tiered ? 3 : 1) });
  const tranches: BaseContract[] = [];
  for (const trancheClass of tiered ? [0, 1, 2] : [0])
    tranches.push(
      await deploy("Tranche", usd, poolAddress, manager, trancheClass, "Lenders", "LEN", ...exitTerms(trancheClass)),
    );
  const [senior, junior = ZeroAddress, cover = ZeroAddress] = tranches;
  const config = {
    ...{ asset: usd, manager, senior, junior, cover, queue: ZeroAddress, capital: ZeroAddress, authority: access },
    ...{ fixedRatePerSecond: 0, reserveFeeBps: 1_000, juniorSpreadBps: tiered ? 2_000 : 0 },
    coverPremiumBps: tiered ? 500 : 0,
  };
  const pool = await deploy("TermLendingPool", config, book);
  await market.fund({ wbtc: vault, usd: [pool, ...tranches] });
  await as(admin, pool)("addTermSheet", {
    ...{ intervalSeconds: PERIOD, count: 12, graceSeconds: 10 * DAY, latePremiumBps: 600 },
    ...{ prepaymentFeeBps: 100, balloonBps: 0, spreadBps: 400, lateFee: 25n * USD, retired: false },
  });
  await as(admin, manager)(
    "createFacility",
    {
      ...{ pool, vault, oracle, gate: ZeroAddress, kind: 1, maxLtvBps: 8_000, lltvBps: 8_600, targetLtvBps: 7_800 },
      ...{ incentiveMinBps: 100, incentiveMaxBps: 800, healthForMaxBps: 9_500, rampSeconds: DAY },
      ...{ minDebt: 100n * USD, cap: 10n ** 15n, loanCap: 2n ** 96n - 1n },
    },
    1_000n * USD,
  );
  const deposits = [10_000_000n, 1_000_000n, 100_000n];
  for (const [i, tranche] of tranches.entries())
    await as(lender, tranche)("deposit", (deposits[i] ?? 0n) * USD, lender);

  const opening = async (who: Signer, salt: number) => ({
    ...{
      facility: FACILITY,
      salt,
      sheet: 0,
      collateral: 5n * BTC,
      principal: 300_000n * USD,
      maxAnnualRate: 10n ** 18n,
    },
    ...{ deadline: 2n ** 40n, receiver: await who.getAddress(), agreement: `0x${"a5".repeat(32)}` },
  });
  const open = async (who: Signer, salt: number) => as(who, manager)("open", await opening(who, salt), "0x");
  const idOf = async (who: Signer, salt: number) =>
    (BigInt(await who.getAddress()) << 96n) | (BigInt(FACILITY) << 64n) | BigInt(salt);
  /** What is due at a loan's next date, as its book says. */
  const instalment = async (id: bigint): Promise<bigint> => {
    const loan: unknown = await manager.getFunction("loanOf")(id);
    const position = (await pool.getFunction("positionOf")(id, plain(loan))) as { slot: { instalment: bigint } };
    return position.slot.instalment;
  };
  await open(bob, 1); // a market in use
  return { ...market, manager, pool, open, idOf, instalment, liquidator };
}

/** A struct as an answer gives it, as an argument takes it. */
const plain = (struct: unknown): unknown => (struct as { toArray(): unknown[] }).toArray();

export async function measureTermLoans(chain: Chain, tiered: boolean) {
  const { gas, now } = chain;
  const { manager, open, idOf, instalment, alice, bob, liquidator, publish } = await setUpTerm(chain, tiered);
  const repay = (who: Signer, id: bigint, assets: bigint) => as(who, manager)("repay", id, assets, "0x");
  const onDate = await idOf(alice, 7);
  const result = { open: await gas(() => open(alice, 7)), payOnDate: 0, payAhead: 0, payAfterAhead: 0, payLate: 0 };
  const openedAt = await now();
  const due = await instalment(onDate);
  result.payOnDate = await gas(() => repay(alice, onDate, due), openedAt + PERIOD);
  result.payAhead = await gas(() => repay(alice, onDate, due), openedAt + 2 * PERIOD - 5 * DAY);
  result.payAfterAhead = await gas(() => repay(alice, onDate, due), openedAt + 3 * PERIOD - 5 * DAY);
  result.payLate = await gas(() => repay(alice, onDate, 2n * due), openedAt + 4 * PERIOD + 5 * DAY);
  const close = await gas(() => as(alice, manager)("close", onDate, alice, "0x"));
  const late = await idOf(bob, 1);
  const markDefault = await gas(() => as(liquidator, manager)("markDefault", late));
  await publish(PRICE / 4n);
  const mark = await gas(() => as(liquidator, manager)("mark", late));
  const sale = await gas(() => as(liquidator, manager)("liquidate", late, MaxUint256, 0, "0x"));
  return { ...result, close, markDefault, mark, saleWithLoss: sale };
}
