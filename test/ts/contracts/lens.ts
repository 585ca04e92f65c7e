import { expect } from "chai";
import { type BytesLike, MaxUint256, ZeroAddress } from "ethers";
import { network } from "hardhat";
import { debtTotalsAt } from "../../../keeper/judge/accrual.js";
import { type Market, type MarketOptions, addFacility, deployMarket } from "../fixtures/market.js";

type Signers = Awaited<ReturnType<Awaited<ReturnType<typeof network.create>>["ethers"]["getSigners"]>>;

/** A market with a lens, and a clock that stands still, so that what a view says still holds when one acts on it. */
async function scene(options: MarketOptions & { lent?: bigint } = {}) {
  // Gas is not estimated: an estimate made in a second that has accrued already is too low for the next.
  const override = { allowBlocksWithSameTimestamp: true, gas: BigInt(process.env.TEST_GAS ?? 12_000_000) };
  const connection = await network.create({ network: "op", override });
  const { ethers, networkHelpers } = connection;
  const [deployer, lender, borrower, stranger] = (await ethers.getSigners()) as Signers & {
    0: Signers[number];
    1: Signers[number];
    2: Signers[number];
    3: Signers[number];
  };
  const market = await deployMarket(deployer, { price: 50_000n, ...options });
  const { lens } = market;
  if (options.lent !== 0n) await market.lend(lender, options.lent ?? market.cash(1_000_000n));
  const freeze = async () => networkHelpers.time.setNextBlockTimestamp(await networkHelpers.time.latest());
  const setPriceE36 = async (priceE36: bigint) => {
    await freeze();
    await market.oracle.setPrice(priceE36);
  };
  return { ...connection, market, lens, deployer, lender, borrower, stranger, freeze, setPriceE36 };
}

/** The error's name, from what the lens hands on as data. */
function nameOf(
  contract: { interface: Market["manager"]["interface"] | Market["oracle"]["interface"] },
  data: BytesLike,
) {
  const known = contract.interface as { parseError(data: BytesLike): { name: string } | null };
  return known.parseError(data)?.name;
}

describe("lens: facilities", () => {
  it("says what manager, pool and oracle say, of each facility", async () => {
    const { market, lens, borrower, ethers, networkHelpers } = await scene({ reserveFeeBps: 1_000n });
    const second = await addFacility(market, { collateralDecimals: 18, loanDecimals: 18 });
    await market.open(borrower, market.btc("4"), market.cash(100_000n));
    const [debt, cash] = await market.pool.stored();
    await ethers.provider.send("evm_increaseTime", [86_400 * 30]);
    await ethers.provider.send("evm_mine", []);
    // How much a month costs depends on whether the curve had accrued before it, which is a matter of the second.
    const stored = { debtAssets: debt.assets, debtShares: debt.shares, cash: cash.cash, fixedRate: 0n };
    const { accruedAt, rateAtTarget } = cash;
    const expected = debtTotalsAt({ ...stored, accruedAt, rateAtTarget }, BigInt(await networkHelpers.time.latest()));

    const o = await lens.facilityOverview(market.facility);
    expect(o.facility).to.equal(market.facility);
    expect(o.config.ltv.pool).to.equal(await market.pool.getAddress());
    expect(o.config.ltv.lltvBps).to.equal(market.terms.lltvBps);
    expect(o.config.pricing.minDebt).to.equal(market.terms.minDebt);
    expect(o.tranche).to.equal(await market.tranche.getAddress());
    expect(o.collateralAsset).to.equal(await market.collateral.getAddress());
    expect(o.loanAsset).to.equal(await market.loan.getAddress());
    expect(o.cash).to.equal(market.cash(900_001n)); // lent, and the seed of one, less the loan
    const [totalDebt] = await market.pool.debtTotals();
    expect(o.totalDebt).to.equal(totalDebt).and.to.equal(expected.totalAssets).and.to.be.above(market.cash(100_000n));
    expect(o.seniorNav + o.reserve).to.equal(o.cash + o.totalDebt);
    expect(o.reserve).to.equal((totalDebt - market.cash(100_000n)) / 10n);
    expect(o.utilisation).to.equal((totalDebt * 10n ** 18n) / (totalDebt + o.cash));
    expect(o.borrowRate)
      .to.equal(await market.pool.borrowRate())
      .and.to.be.above(0n);
    expect(o.borrowable).to.equal(o.cash);
    for (const price of [o.price, o.borrowPrice, o.liquidationPrice]) {
      expect(price.priceE36).to.equal(market.priceE36(50_000n));
      expect(price.refusal).to.equal("0x");
    }
    expect(await lens.loanManager()).to.equal(await market.manager.getAddress());
    expect(await lens.termLoanManager()).to.equal(await market.termManager.getAddress());

    const all = await lens.allFacilities();
    expect(all.map(({ facility }) => facility)).to.deep.equal([market.facility, second.facility]);
    expect(all[1]?.loanAsset).to.equal(await second.loan.getAddress());
    await expect(lens.facilityOverview(3)).to.be.revertedWithCustomError(market.manager, "UnknownFacility");
  });

  it("says the rate that a draw would bring about, before it does", async () => {
    const { market, lens, borrower, freeze } = await scene();
    const id = await market.open(borrower, market.btc("20"), market.cash(500_000n));
    await market.pool.accrue(); // the rate at target now stands
    const foreseen = await lens.borrowRateAfter(market.facility, market.cash(100_000n));
    expect(foreseen).to.be.above(await lens.borrowRateAfter(market.facility, 0n));
    await freeze();
    await market.manager.connect(borrower).draw(id, market.cash(100_000n), borrower);
    expect(await market.pool.borrowRate()).to.equal(foreseen);
  });

  it("offers the least of cash, cap and loan cap, and nothing while new loans are stopped", async () => {
    const { market, lens, borrower } = await scene();
    await market.open(borrower, market.btc("4"), market.cash(100_000n));
    const borrowable = async () => (await lens.facilityOverview(market.facility)).borrowable;
    expect(await borrowable()).to.equal(market.cash(900_001n));
    await market.manager.setCaps(market.facility, market.cash(150_000n), 2n ** 96n - 1n);
    const [totalDebt] = await market.pool.debtTotals();
    expect(await borrowable()).to.equal(market.cash(150_000n) - totalDebt);
    await market.manager.setCaps(market.facility, market.cash(50_000n), 2n ** 96n - 1n);
    expect(await borrowable()).to.equal(0n);
    await market.manager.setCaps(market.facility, 2n ** 96n - 1n, market.cash(700n));
    expect(await borrowable()).to.equal(market.cash(700n));
    await market.manager.stopNewLoans(market.facility);
    expect(await borrowable()).to.equal(0n);
  });
});

describe("lens: an oracle that refuses", () => {
  it("is data, not a revert: what needs no price is still told", async () => {
    const { market, lens, borrower } = await scene();
    const id = await market.open(borrower, market.btc("1"), market.cash(20_000n));
    await market.oracle.setRefusing(true);

    const facility = await lens.facilityOverview(market.facility);
    for (const price of [facility.price, facility.borrowPrice, facility.liquidationPrice]) {
      expect(price.priceE36).to.equal(0n);
      expect(nameOf(market.oracle, price.refusal)).to.equal("PriceRefused");
    }
    expect(facility.totalDebt).to.be.above(market.cash(20_000n) - 1n);

    const loan = await lens.loanOverview(id);
    expect(nameOf(market.oracle, loan.price.refusal)).to.equal("PriceRefused");
    expect(loan.debt).to.equal(await market.manager.debtOf(id));
    expect(loan.collateral).to.equal(market.btc("1"));
    expect(loan.liquidationPriceE36).to.be.above(0n);
    for (const unknown of [loan.value, loan.ltv, loan.health, loan.drawable, loan.withdrawable])
      expect(unknown).to.equal(0n);
    expect(await lens.mostBorrowable(market.facility, borrower, market.btc("1"))).to.equal(0n);
  });

  it("tells a debt-free loan's owner that all may be withdrawn all the same", async () => {
    const { market, lens, borrower } = await scene();
    const id = await market.open(borrower, market.btc("1"), market.cash(20_000n));
    await market.fund(borrower, { loan: market.cash(1n) });
    await market.manager.connect(borrower).repay(id, MaxUint256, "0x");
    await market.oracle.setRefusing(true);
    const loan = await lens.loanOverview(id);
    expect(loan.withdrawable).to.equal(market.btc("1"));
    expect(loan.health).to.equal(MaxUint256);
    expect(loan.liquidationPriceE36).to.equal(0n);
    expect(loan.ltv).to.equal(0n);
  });

  it("may refuse one question and answer another", async () => {
    const { market, lens, borrower } = await scene();
    const id = await market.open(borrower, market.btc("1"), market.cash(20_000n));
    await market.oracle.setSecondPrice(market.priceE36(40_000n));
    const o = await lens.facilityOverview(market.facility);
    expect(o.price.priceE36).to.equal(market.priceE36(50_000n));
    expect(o.borrowPrice.priceE36).to.equal(market.priceE36(40_000n));
    expect(nameOf(market.oracle, o.liquidationPrice.refusal)).to.equal("SourcesDisagree");
    const loan = await lens.loanOverview(id);
    expect(loan.value).to.equal(market.cash(50_000n));
    const { reason } = await lens.liquidationQuote(id, MaxUint256);
    expect(nameOf(market.oracle, reason)).to.equal("SourcesDisagree");
  });

  for (const [what, code] of [
    ["has no code any more", "0x"],
    ["answers two words", "0x60406000f3"],
    ["reverts without a word", "0x60006000fd"],
  ] as const) {
    it(`and one that ${what} refuses too`, async () => {
      const { market, lens, borrower, ethers } = await scene();
      const id = await market.open(borrower, market.btc("1"), market.cash(20_000n));
      await ethers.provider.send("hardhat_setCode", [await market.oracle.getAddress(), code]);
      const o = await lens.facilityOverview(market.facility);
      expect(o.price.priceE36).to.equal(0n);
      expect(o.price.refusal).to.not.equal("0x");
      expect(o.staleFor).to.equal(MaxUint256);
      expect((await lens.loanOverview(id)).debt).to.be.above(0n);
    });
  }
});

describe("lens: loans", () => {
  for (const [collateralDecimals, loanDecimals] of [
    [8, 6],
    [18, 18],
    [8, 18],
    [18, 6],
  ] as const) {
    it(`draws its limits to the unit with ${collateralDecimals} and ${loanDecimals} decimals`, async () => {
      const { market, lens, borrower, freeze, setPriceE36 } = await scene({ collateralDecimals, loanDecimals });
      const { manager } = market;
      const as = manager.connect(borrower);
      const odd = market.btc("0.76543217");
      const id = await market.open(borrower, odd, market.cash("12345.678901"));
      await market.fund(borrower, { collateral: market.btc("2") });

      const { drawable } = await lens.loanOverview(id);
      await freeze();
      const beyond = await lens.loanOverview(id);
      expect(beyond.drawable).to.equal(drawable);
      await expect(as.draw.staticCall(id, drawable + 1n, borrower)).to.be.revertedWithCustomError(
        manager,
        "LtvTooHigh",
      );
      await freeze();
      await as.draw(id, drawable, borrower);
      expect((await lens.loanOverview(id)).drawable).to.equal(0n);

      const added = market.btc("0.33333333");
      await freeze();
      await as.topUp(id, added, "0x");
      const { withdrawable } = await lens.loanOverview(id);
      expect(withdrawable).to.be.closeTo(added, added / 1_000_000n + 2n);
      await expect(as.withdraw.staticCall(id, withdrawable + 1n, borrower)).to.be.revertedWithCustomError(
        manager,
        "LtvTooHigh",
      );
      await freeze();
      await as.withdraw(id, withdrawable, borrower);

      const { liquidationPriceE36: safe, debt } = await lens.loanOverview(id);
      await setPriceE36(safe);
      const atIt = await lens.loanOverview(id);
      expect(atIt.debt).to.equal(debt);
      expect(atIt.health).to.be.at.least(10n ** 18n);
      expect(nameOfRefusal(market, (await lens.liquidationQuote(id, MaxUint256)).reason)).to.equal("NotLiquidatable");
      await setPriceE36(safe - 1n);
      const { quote, reason } = await lens.liquidationQuote(id, MaxUint256);
      expect(reason).to.equal("0x");
      expect(quote.repaid).to.be.above(0n);
    });
  }

  it("rounds health down, LTV up and value down, as the sdk does", async () => {
    const { market, lens, borrower } = await scene();
    const id = await market.open(borrower, market.btc("0.30000007"), market.cash("7777.777777"));
    const o = await lens.loanOverview(id);
    const value = (o.collateral * market.priceE36(50_000n)) / 10n ** 36n;
    expect(o.value).to.equal(value);
    expect(o.ltv).to.equal((o.debt * 10n ** 18n + value - 1n) / value);
    expect(o.health).to.equal((value * 8_500n * 10n ** 14n) / o.debt);
  });

  it("offers nothing to draw where cash, cap, loan cap, gate, stop or minDebt stand in the way", async () => {
    const { market, lens, borrower, freeze, ethers } = await scene({ lent: 30_000_000_000n });
    const { manager, facility } = market;
    const id = await market.open(borrower, market.btc("2"), market.cash(20_000n));
    const drawable = async () => (await lens.loanOverview(id)).drawable;
    const most = 2n ** 96n - 1n;
    expect(await drawable()).to.equal(market.cash(10_001n)); // all the cash there is
    await freeze();
    await manager.setCaps(facility, market.cash(25_000n), most);
    const [totalDebt] = await market.pool.debtTotals();
    expect(await drawable()).to.equal(market.cash(25_000n) - totalDebt);
    await freeze();
    await manager.setCaps(facility, most, market.cash(20_500n));
    const byLoanCap = await drawable();
    expect(byLoanCap).to.be.closeTo(market.cash(20_500n) - totalDebt, 1n);
    await freeze();
    await manager.connect(borrower).draw(id, byLoanCap, borrower);
    await manager.setCaps(facility, most, most);
    await manager.stopNewLoans(facility);
    expect(await drawable()).to.equal(0n);
    await manager.resumeNewLoans(facility);
    expect(await drawable()).to.be.above(0n);
    const gate = await ethers.deployContract("MockToken", ["no gate", "NG", 18]); // answers nothing a gate would
    await manager.setGate(facility, gate);
    expect(await drawable()).to.equal(0n);
    await manager.setGate(facility, ZeroAddress);
    await manager.lowerMaxLtv(facility, 0);
    const o = await lens.loanOverview(id);
    expect([o.drawable, o.withdrawable]).to.deep.equal([0n, 0n]);
  });

  it("says what a new loan could borrow, to the unit, and nothing below minDebt", async () => {
    const { market, lens, borrower, freeze } = await scene();
    const { manager, facility } = market;
    await market.fund(borrower, { collateral: market.btc("5") });
    const collateral = market.btc("0.12345678");
    const most = await lens.mostBorrowable(facility, borrower, collateral);
    expect(most).to.be.closeTo((market.cash("6172.839") * 75n) / 100n, 2n);
    const open = (principal: bigint) => [facility, 1n, collateral, principal, borrower.address, "0x"] as const;
    await expect(manager.connect(borrower).open.staticCall(...open(most + 1n))).to.be.revertedWithCustomError(
      manager,
      "LtvTooHigh",
    );
    await freeze();
    await manager.connect(borrower).open(...open(most));
    expect(await lens.mostBorrowable(facility, borrower, market.btc("0.00266666"))).to.equal(0n);
    expect(await lens.mostBorrowable(facility, borrower, market.btc("0.00266667"))).to.be.at.least(market.cash(100n));
  });

  it("answers for many at once, in order, with zeros where there is no loan", async () => {
    const { market, lens, borrower, stranger } = await scene();
    const first = await market.open(borrower, market.btc("1"), market.cash(10_000n));
    const second = await market.open(stranger, market.btc("2"), market.cash(30_000n), 9n);
    await market.manager.connect(borrower).transferLoan(first, stranger);
    const missing = first + 1n;
    const all = await lens.loanOverviews([second, missing, first]);
    expect(all.map(({ id }) => id)).to.deep.equal([second, missing, first]);
    expect(all.map(({ owner }) => owner)).to.deep.equal([stranger.address, ZeroAddress, borrower.address]);
    expect(all.map(({ facility }) => facility)).to.deep.equal([market.facility, 0n, market.facility]);
    expect(all[2]?.offeredTo).to.equal(stranger.address);
    expect(all[1]?.health).to.equal(0n);

    const { quotes, reasons } = await lens.liquidationQuotes([second, missing]);
    expect(quotes.map(({ repaid }) => repaid)).to.deep.equal([0n, 0n]);
    expect(nameOfRefusal(market, reasons[0] ?? "0x")).to.equal("NotLiquidatable");
    expect(nameOf(market.manager, reasons[1] ?? "0x")).to.equal("NoSuchLoan");
  });

  it("quotes the liquidation that is then carried out", async () => {
    const { market, lens, borrower, stranger, freeze } = await scene();
    const id = await market.open(borrower, market.btc("1"), market.cash(37_000n));
    await market.setPrice(43_000n);
    await market.fund(stranger, { loan: market.cash(50_000n) });
    const { quotes } = await lens.liquidationQuotes([id]);
    const [quote] = quotes;
    if (!quote) throw new Error("no quote");
    await freeze();
    await expect(market.manager.connect(stranger).liquidate(id, MaxUint256, 0n, "0x"))
      .to.emit(market.manager, "Liquidated")
      .withArgs(id, stranger.address, quote.repaid, quote.seized, quote.debtClosed, (shares: bigint) => shares > 0n);
  });
});

function nameOfRefusal(market: Market, data: BytesLike): string | undefined {
  return market.engine.interface.parseError(data)?.name;
}
