import { expect } from "chai";
import { MaxUint256, type Signer, Signature, TypedDataEncoder, ZeroAddress, ZeroHash, concat, toBeHex } from "ethers";
import { network } from "hardhat";
import type { Market } from "../fixtures/market.js";
import { addFacility, deployCore, deployMarket } from "../fixtures/market.js";
import { deploySafe } from "../fixtures/safe.js";

const HOUR = 3_600n;
const DRAW = 1;
const WITHDRAW = 2;
const CLOSE = 4;
const TRANSFER = 8;
const ALL = 31;
const UNLIMITED = 2n ** 104n - 1n;
/** Order of the secp256k1 group. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The Safe keeps its owners in a linked list that begins here. */
const FIRST_IN_LIST = "0x0000000000000000000000000000000000000001";

const TYPES = {
  SetAuthorisation: [
    { name: "owner", type: "address" },
    { name: "facility", type: "uint32" },
    { name: "operator", type: "address" },
    { name: "actions", type: "uint8" },
    { name: "expiresAt", type: "uint40" },
    { name: "cashLimit", type: "uint104" },
    { name: "collateralLimit", type: "uint104" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

interface Terms {
  actions: number;
  expiresAt: bigint;
  cashLimit: bigint;
  collateralLimit: bigint;
}

interface Message extends Terms {
  owner: string;
  facility: bigint;
  operator: string;
  nonce: bigint;
  deadline: bigint;
}

async function scene() {
  const connection = await network.create("op");
  const { ethers, networkHelpers } = connection;
  const [deployer, lender, owner, operator, second, attacker] = await ethers.getSigners();
  if (!deployer || !lender || !owner || !operator || !second || !attacker) throw new Error("too few accounts");
  const market = await deployMarket(deployer, { price: 50_000n });
  await market.lend(lender, market.cash(1_000_000n));
  const now = async () => BigInt(await networkHelpers.time.latest());
  const domainOf = async ({ manager }: Pick<Market, "manager">, chainId = 10n) => ({
    name: "Ballast LoanManager",
    version: "1",
    chainId,
    verifyingContract: await manager.getAddress(),
  });
  const message = async (change: Partial<Message> = {}): Promise<Message> => ({
    owner: owner.address,
    facility: market.facility,
    operator: operator.address,
    actions: DRAW,
    expiresAt: (await now()) + 24n * HOUR,
    cashLimit: market.cash(1_000n),
    collateralLimit: 0n,
    nonce: await market.manager.nonces(owner),
    deadline: (await now()) + HOUR,
    ...change,
  });
  const bring = (m: Message, signature: string, to: Pick<Market, "manager"> = market, by: Signer = attacker) =>
    to.manager.connect(by).setAuthorisationWithSig(m.owner, m.facility, m.operator, m, m.deadline, signature);
  const sign = async (m: Message, by: Signer = owner) => by.signTypedData(await domainOf(market), TYPES, { ...m });
  return {
    ...connection,
    market,
    now,
    domainOf,
    message,
    bring,
    sign,
    deployer,
    lender,
    owner,
    operator,
    second,
    attacker,
  };
}

describe("fault C35: authorisations by signature", () => {
  it("anybody may bring one, and it sets exactly what was signed", async () => {
    const { market, message, bring, sign, owner, operator } = await scene();
    const m = await message({ actions: DRAW | CLOSE, collateralLimit: 7n });
    await expect(bring(m, await sign(m)))
      .to.emit(market.manager, "AuthorisationSet")
      .withArgs(owner.address, m.facility, operator.address, DRAW | CLOSE, m.expiresAt, m.cashLimit, 7n)
      .and.to.emit(market.manager, "NonceUsed")
      .withArgs(owner.address, 0n);
    const set = await market.manager.authorisationOf(owner, m.facility, operator);
    expect([set.actions, set.expiresAt, set.cashLimit, set.collateralLimit]).to.deep.equal([
      BigInt(DRAW | CLOSE),
      m.expiresAt,
      m.cashLimit,
      7n,
    ]);
  });

  it("fault C35: a signature is worth one use, and none after useNonce", async () => {
    const { market, message, bring, sign, owner } = await scene();
    const m = await message();
    const signature = await sign(m);
    await bring(m, signature);
    await market.manager.connect(owner).setAuthorisation(m.facility, m.operator, { ...m, actions: 0 });
    await expect(bring(m, signature)).to.be.revertedWithCustomError(market.manager, "InvalidSignature");

    const next = await message();
    const early = await sign(next);
    await expect(market.manager.connect(owner).useNonce())
      .to.emit(market.manager, "NonceUsed")
      .withArgs(owner.address, 1n);
    await expect(bring(next, early)).to.be.revertedWithCustomError(market.manager, "InvalidSignature");
    expect((await market.manager.authorisationOf(owner, m.facility, m.operator)).actions).to.equal(0n);
  });

  it("fault C35: a future nonce is not accepted before its turn", async () => {
    const { market, message, bring, sign } = await scene();
    const m = await message({ nonce: 1n });
    await expect(bring(m, await sign(m))).to.be.revertedWithCustomError(market.manager, "InvalidSignature");
  });

  it("fault C35: not on another contract, not on another chain", async () => {
    const { market, message, bring, sign, domainOf, deployer, owner } = await scene();
    const other = await deployCore(deployer);
    const m = await message();
    await expect(bring(m, await sign(m), other)).to.be.revertedWithCustomError(other.manager, "InvalidSignature");
    for (const chainId of [1n, 8_453n]) {
      const elsewhere = await owner.signTypedData(await domainOf(market, chainId), TYPES, { ...m });
      await expect(bring(m, elsewhere)).to.be.revertedWithCustomError(market.manager, "InvalidSignature");
    }
    for (const change of [{ name: "Ballast" }, { version: "2" }]) {
      const domain = { ...(await domainOf(market)), ...change };
      const signature = await owner.signTypedData(domain, TYPES, { ...m });
      await expect(bring(m, signature)).to.be.revertedWithCustomError(market.manager, "InvalidSignature");
    }
    await bring(m, await sign(m)); // the message itself was good
  });

  it("fault C35: not with one field changed, be it facility, operator, owner, limit, action or time", async () => {
    const { market, message, bring, sign, second, attacker } = await scene();
    const third = await addFacility(market);
    const m = await message();
    const signature = await sign(m);
    const changes: Partial<Message>[] = [
      { facility: third.facility },
      { operator: second.address },
      { owner: attacker.address },
      { cashLimit: m.cashLimit + 1n },
      { collateralLimit: 1n },
      { actions: ALL },
      { expiresAt: m.expiresAt + 1n },
      { deadline: m.deadline + 1n },
    ];
    for (const change of changes) {
      await expect(bring({ ...m, ...change }, signature)).to.be.revertedWithCustomError(
        market.manager,
        "InvalidSignature",
      );
    }
    await bring(m, signature);
  });

  it("fault C35: good in the second of its deadline, not in the next", async () => {
    const { market, message, bring, sign, now, networkHelpers } = await scene();
    const deadline = (await now()) + 100n;
    const m = await message({ deadline });
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
    await expect(bring(m, await sign(m)))
      .to.be.revertedWithCustomError(market.manager, "SignatureExpired")
      .withArgs(deadline);
    const later = await message({ deadline: deadline + 200n });
    await networkHelpers.time.setNextBlockTimestamp(deadline + 200n);
    await bring(later, await sign(later));
  });

  it("fault C35: no second form of a signature is accepted", async () => {
    const { market, message, bring, sign, attacker } = await scene();
    const m = await message();
    const good = Signature.from(await sign(m));
    const { r, s, yParity } = good;
    const high = toBeHex(N - BigInt(s), 32);
    const malformed: [string, string][] = [
      ["the other point", concat([r, high, toBeHex(27 + (1 - yParity))])],
      ["high s with the same v", concat([r, high, toBeHex(27 + yParity)])],
      ["v as parity", concat([r, s, toBeHex(yParity)])],
      ["wrong v", concat([r, s, toBeHex(27 + (1 - yParity))])],
      ["compact (EIP-2098)", good.compactSerialized],
      ["a byte more", concat([good.serialized, "0x00"])],
      ["empty", "0x"],
      ["zero", concat([ZeroHash, ZeroHash, "0x1b"])],
    ];
    for (const [what, signature] of malformed) {
      await expect(bring(m, signature), what).to.be.revertedWithCustomError(market.manager, "InvalidSignature");
    }
    // A failed recovery gives the zero address: it must not stand for an owner of that address.
    const nobody = await message({ owner: ZeroAddress, nonce: 0n });
    await expect(bring(nobody, concat([ZeroHash, ZeroHash, "0x1b"]))).to.be.revertedWithCustomError(
      market.manager,
      "InvalidSignature",
    );
    await expect(bring(m, await sign(m, attacker))).to.be.revertedWithCustomError(market.manager, "InvalidSignature");
    await bring(m, good.serialized);
    await expect(bring(m, concat([r, high, toBeHex(27 + (1 - yParity))]))).to.be.revertedWithCustomError(
      market.manager,
      "InvalidSignature",
    );
  });

  it("fault C35: of an ERC-1271 wallet, a genuine Safe: enough owners, once, and only while they are owners", async () => {
    const { market, message, bring, domainOf, deployer, owner, second, attacker } = await scene();
    const safe = await deploySafe(deployer, [owner.address, second.address, attacker.address], 2);
    const digestOf = async (m: Message) => TypedDataEncoder.hash(await domainOf(market), TYPES, { ...m });
    const m = await message({ owner: safe.address, nonce: 0n });
    const digest = await digestOf(m);
    const refused = (signature: string) =>
      expect(bring(m, signature)).to.be.revertedWithCustomError(market.manager, "InvalidSignature");
    await refused(await safe.sign(digest, [owner]));
    await refused(await owner.signTypedData(await domainOf(market), TYPES, { ...m }));
    await refused("0x");
    const signed = await safe.sign(digest, [owner, second]);
    await bring(m, signed);
    expect((await market.manager.authorisationOf(safe.address, m.facility, m.operator)).actions).to.equal(BigInt(DRAW));
    await refused(signed);

    const next = await message({ owner: safe.address, nonce: 1n });
    const late = await safe.sign(await digestOf(next), [owner, attacker]);
    const owners = (await safe.contract.getFunction("getOwners")()) as string[];
    const before = owners[owners.indexOf(attacker.address) - 1] ?? FIRST_IN_LIST;
    const remove = safe.contract.interface.encodeFunctionData("removeOwner", [before, attacker.address, 2]);
    await safe.execute(safe.address, remove, [owner, second]);
    await expect(bring(next, late)).to.be.revertedWithCustomError(market.manager, "InvalidSignature");
    await bring(next, await safe.sign(await digestOf(next), [owner, second]));
  });

  it("fault C35: a contract that knows no ERC-1271 signs nothing", async () => {
    const { market, message, bring, sign, owner } = await scene();
    for (const contract of [market.loan, market.pool, market.manager]) {
      const m = await message({ owner: await contract.getAddress(), nonce: 0n });
      await expect(bring(m, await sign(m, owner))).to.be.revertedWithCustomError(market.manager, "InvalidSignature");
    }
  });
});

describe("fault C35: a permit that was used by someone else", () => {
  const PERMIT = {
    Permit: [
      { name: "owner", type: "address" },
      { name: "spender", type: "address" },
      { name: "value", type: "uint256" },
      { name: "nonce", type: "uint256" },
      { name: "deadline", type: "uint256" },
    ],
  };

  async function withPermit() {
    const s = await scene();
    const { market, owner } = s;
    const id = await market.open(owner, market.btc("1"), market.cash(20_000n));
    await market.loan.connect(owner).approve(market.pool, 0n);
    const permit = {
      owner: owner.address,
      spender: await market.pool.getAddress(),
      value: market.cash(5_000n),
      nonce: 0n,
      deadline: (await s.now()) + HOUR,
    };
    const domain = {
      name: "US Dollar X",
      version: "1",
      chainId: 10n,
      verifyingContract: await market.loan.getAddress(),
    };
    const { v, r, s: half } = Signature.from(await owner.signTypedData(domain, PERMIT, permit));
    const args = [permit.spender, permit.value, permit.deadline, v, r, half] as const;
    const call = market.manager.interface.encodeFunctionData("permit", [domain.verifyingContract, ...args]);
    const repay = market.manager.interface.encodeFunctionData("repay", [id, permit.value, "0x"]);
    return { ...s, id, args, call, repay };
  }

  it("repays in one transaction with a permit", async () => {
    const { market, owner, id, call, repay } = await withPermit();
    await market.manager.connect(owner).multicall([call, repay]);
    expect(await market.manager.debtOf(id)).to.be.closeTo(market.cash(15_000n), market.cash(1n));
  });

  it("fault C35: does not block the multicall it was meant for", async () => {
    const { market, owner, attacker, id, args, call, repay } = await withPermit();
    await market.loan.connect(attacker).permit(owner.address, ...args);
    await market.manager.connect(owner).multicall([call, repay]);
    expect(await market.manager.debtOf(id)).to.be.closeTo(market.cash(15_000n), market.cash(1n));
  });

  it("fault C35: cannot be brought through the manager by anyone but its signer", async () => {
    const { market, owner, attacker, call } = await withPermit();
    await market.manager.connect(attacker).multicall([call]); // passed over
    expect(await market.loan.allowance(owner, market.pool)).to.equal(0n);
  });

  it("fault C35: a bad permit is passed over and the action behind it decides", async () => {
    const { market, owner, args, repay } = await withPermit();
    const [spender, value, deadline, v, r] = args;
    const bad = market.manager.interface.encodeFunctionData("permit", [
      await market.loan.getAddress(),
      ...[spender, value, deadline, v, r, ZeroHash],
    ] as never);
    await expect(market.manager.connect(owner).multicall([bad, repay])).to.be.revertedWithCustomError(
      market.loan,
      "ERC20InsufficientAllowance",
    );
  });
});

describe("fault C36: an operator beyond its authorisation", () => {
  async function operated(terms: Partial<Terms> = {}) {
    const s = await scene();
    const { market, owner, operator } = s;
    const id = await market.open(owner, market.btc("4"), market.cash(20_000n));
    const authorisation: Terms = {
      actions: DRAW | WITHDRAW,
      expiresAt: (await s.now()) + HOUR,
      cashLimit: market.cash(1_000n),
      collateralLimit: market.btc("0.5"),
      ...terms,
    };
    await market.manager.connect(owner).setAuthorisation(market.facility, operator, authorisation);
    return { ...s, id, authorisation, as: market.manager.connect(operator) };
  }

  it("acts within it, to any receiver", async () => {
    const { market, as, id, operator } = await operated();
    await as.draw(id, market.cash(1_000n), operator);
    await as.withdraw(id, market.btc("0.5"), operator);
    expect(await market.loan.balanceOf(operator)).to.equal(market.cash(1_000n));
  });

  it("fault C36: other actions are refused, each for itself", async () => {
    const all: [number, string][] = [
      [DRAW, "draw"],
      [WITHDRAW, "withdraw"],
      [CLOSE, "close"],
      [TRANSFER, "transferLoan"],
    ];
    for (const [allowed] of all) {
      const { market, as, id, owner, operator } = await operated({
        actions: allowed,
        cashLimit: UNLIMITED,
        collateralLimit: UNLIMITED,
      });
      await market.fund(operator, { loan: market.cash(30_000n) });
      const calls: Record<string, () => Promise<unknown>> = {
        draw: () => as.draw.staticCall(id, 1n, operator),
        withdraw: () => as.withdraw.staticCall(id, 1n, operator),
        close: () => as.close.staticCall(id, operator, "0x"),
        transferLoan: () => as.transferLoan.staticCall(id, operator),
      };
      for (const [action, name] of all) {
        const call = calls[name];
        if (!call) throw new Error(name);
        if (action === allowed) await call();
        else {
          await expect(call(), name)
            .to.be.revertedWithCustomError(market.manager, "NotAuthorised")
            .withArgs(operator.address, owner.address, action);
        }
      }
    }
  });

  it("fault C36: amounts are used up, across calls and within a multicall", async () => {
    const { market, as, id, operator, owner } = await operated();
    const draw = (amount: bigint) =>
      market.manager.interface.encodeFunctionData("draw", [id, amount, operator.address]);
    await expect(as.multicall([draw(market.cash(600n)), draw(market.cash(600n))]))
      .to.be.revertedWithCustomError(market.manager, "CashLimitExceeded")
      .withArgs(market.cash(600n), market.cash(400n));
    await as.draw(id, market.cash(600n), operator);
    await expect(as.draw(id, market.cash(400n) + 1n, operator))
      .to.be.revertedWithCustomError(market.manager, "CashLimitExceeded")
      .withArgs(market.cash(400n) + 1n, market.cash(400n));
    await as.withdraw(id, market.btc("0.2"), operator);
    await expect(as.withdraw(id, market.btc("0.3") + 1n, operator))
      .to.be.revertedWithCustomError(market.manager, "CollateralLimitExceeded")
      .withArgs(market.btc("0.3") + 1n, market.btc("0.3"));
    await expect(as.withdraw(id, MaxUint256, operator)).to.be.revertedWithCustomError(
      market.manager,
      "CollateralLimitExceeded",
    );
    const left = await market.manager.authorisationOf(owner, market.facility, operator);
    expect([left.cashLimit, left.collateralLimit]).to.deep.equal([market.cash(400n), market.btc("0.3")]);
  });

  it("fault C36: a closing counts against the collateral limit", async () => {
    const { market, as, id, operator } = await operated({ actions: CLOSE, collateralLimit: 399_999_999n });
    await market.fund(operator, { loan: market.cash(30_000n) });
    await expect(as.close(id, operator, "0x"))
      .to.be.revertedWithCustomError(market.manager, "CollateralLimitExceeded")
      .withArgs(400_000_000n, 399_999_999n);
  });

  it("only a limit at its type's maximum is not used up", async () => {
    const { market, as, id, operator, owner } = await operated({
      cashLimit: UNLIMITED,
      collateralLimit: UNLIMITED - 1n,
    });
    await as.draw(id, market.cash(600n), operator);
    await as.withdraw(id, 5n, operator);
    const left = await market.manager.authorisationOf(owner, market.facility, operator);
    expect([left.cashLimit, left.collateralLimit]).to.deep.equal([UNLIMITED, UNLIMITED - 6n]);
  });

  it("fault C36: good in its last second, not in the next", async () => {
    const { market, as, id, operator, authorisation, networkHelpers } = await operated();
    await networkHelpers.time.setNextBlockTimestamp(authorisation.expiresAt);
    await as.draw(id, market.cash(100n), operator);
    await networkHelpers.time.setNextBlockTimestamp(authorisation.expiresAt + 1n);
    await expect(as.draw(id, market.cash(100n), operator)).to.be.revertedWithCustomError(
      market.manager,
      "NotAuthorised",
    );
  });

  it("fault C36: not in another facility, not on another's loan, not after being revoked", async () => {
    const { market, as, id, owner, second, operator } = await operated();
    const other = await addFacility(market);
    await other.lend(second, other.cash(100_000n));
    const elsewhere = await other.open(owner, other.btc("1"), other.cash(10_000n));
    await expect(as.draw(elsewhere, 1n, operator)).to.be.revertedWithCustomError(market.manager, "NotAuthorised");
    const anothers = await market.open(second, market.btc("1"), market.cash(10_000n));
    await expect(as.draw(anothers, 1n, operator)).to.be.revertedWithCustomError(market.manager, "NotAuthorised");
    const nothing = { actions: 0, expiresAt: 0n, cashLimit: 0n, collateralLimit: 0n };
    await market.manager.connect(owner).setAuthorisation(market.facility, operator, nothing);
    await expect(as.draw(id, 1n, operator)).to.be.revertedWithCustomError(market.manager, "NotAuthorised");
  });

  it("fault C36: an operator of everything authorises nobody else", async () => {
    const { market, as, id, owner, operator, second, message, bring, sign } = await operated({
      actions: ALL,
      cashLimit: UNLIMITED,
      collateralLimit: UNLIMITED,
    });
    const everything = { actions: ALL, expiresAt: 2n ** 40n - 1n, cashLimit: UNLIMITED, collateralLimit: UNLIMITED };
    await as.setAuthorisation(market.facility, second, everything); // for the operator's own loans, of which it has none
    expect((await market.manager.authorisationOf(owner, market.facility, second)).actions).to.equal(0n);
    await expect(market.manager.connect(second).draw(id, 1n, second)).to.be.revertedWithCustomError(
      market.manager,
      "NotAuthorised",
    );
    const m = await message({ operator: second.address, ...everything });
    await expect(bring(m, await sign(m, operator))).to.be.revertedWithCustomError(market.manager, "InvalidSignature");
  });

  it("fault C36: what the old owner allowed does not go with the loan", async () => {
    const { market, as, id, owner, operator, second } = await operated();
    await market.manager.connect(owner).transferLoan(id, second);
    await market.manager.connect(second).acceptLoan(id, MaxUint256, 0n);
    await expect(as.draw(id, 1n, operator))
      .to.be.revertedWithCustomError(market.manager, "NotAuthorised")
      .withArgs(operator.address, second.address, DRAW);
    await expect(market.manager.connect(owner).withdraw(id, 1n, owner)).to.be.revertedWithCustomError(
      market.manager,
      "NotAuthorised",
    );
  });

  it("fault C36: nonsense is not stored: unknown actions, oneself, nobody", async () => {
    const { market, owner, operator } = await operated();
    const as = market.manager.connect(owner);
    const terms = { actions: DRAW, expiresAt: 1n, cashLimit: 0n, collateralLimit: 0n };
    for (const [who, actions] of [
      [operator.address, 32],
      [operator.address, 255],
      [owner.address, DRAW],
      [ZeroAddress, DRAW],
    ] as const) {
      await expect(as.setAuthorisation(market.facility, who, { ...terms, actions }))
        .to.be.revertedWithCustomError(market.manager, "InvalidAuthorisation")
        .withArgs(actions, who);
    }
  });
});
