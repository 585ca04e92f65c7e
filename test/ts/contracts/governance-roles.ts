import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Interface, type InterfaceAbi, MaxUint256, ZeroAddress } from "ethers";
import hre, { network } from "hardhat";
import { handoverSteps } from "../../../deploy/handover.js";
import { ADMIN, rolesOf } from "../../../deploy/roles.js";
import type { LendingPool, RoleTable } from "../../../types/ethers-contracts/index.js";
import { deployMarket } from "../fixtures/market.js";

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** AccessManager's own: how long a change of a delay takes to be in force. */
const SETBACK = 5 * DAY;
const WEEK = 7 * DAY;
const DELAYS = {
  adminDelaySeconds: 2 * DAY,
  riskManagerDelaySeconds: DAY,
  feeCollectorDelaySeconds: 0,
  grantDelaySeconds: 3 * DAY,
  targetAdminDelaySeconds: 4 * DAY,
};
const [RISK_MANAGER, GUARDIAN, FEE_COLLECTOR] = [1n, 2n, 3n];

/** A market after the handover that a deployment ends with, and a signer for every part. */
async function governed() {
  const connection = await network.create("op");
  const { ethers, networkHelpers } = connection;
  const signers = await ethers.getSigners();
  const [deployer, safe, riskManager, guardian, feeCollector, stranger, lender, borrower] = signers;
  if (!deployer || !safe || !riskManager || !guardian || !feeCollector || !stranger || !lender || !borrower) {
    throw new Error("the network has too few accounts");
  }
  const market = await deployMarket(deployer, { reserveFeeBps: 1_000n });
  const { accessManager, manager, pool } = market;
  await market.lend(lender, market.cash(1_000_000n));

  const governance = {
    ...DELAYS,
    safe: safe.address,
    riskManager: riskManager.address,
    guardian: guardian.address,
    feeCollector: feeCollector.address,
  };
  const artifacts = new Map<string, { abi: unknown }>();
  for (const name of ["LoanManager", "LendingPool", "TermLendingPool", "Capital"])
    artifacts.set(name, await hre.artifacts.readArtifact(name));
  const roles = rolesOf({ governance }, (name) => artifacts.get(name) ?? { abi: [] });
  const steps = handoverSteps<string>({ governance }, roles, {
    managers: [await manager.getAddress()],
    pools: [{ address: await pool.getAddress(), isTerm: false }],
    deployer: deployer.address,
  });
  const known = new Interface((await hre.artifacts.readArtifact("AccessManager")).abi as InterfaceAbi);
  await accessManager.multicall(steps.map(({ name, args }) => known.encodeFunctionData(name, args)));

  const after = (seconds: number) => networkHelpers.time.increase(seconds);
  /** A second pool, vault and tranche, for a facility that does not exist yet. */
  const spareFacility = async () => {
    const parts = await ethers.deployContract("LendingPoolDeployer", [
      {
        ...{ asset: market.loan, manager, authority: accessManager, capital: ethers.ZeroAddress },
        ...{ fixedRatePerSecond: 0, reserveFeeBps: 0, firstLoss: false, juniorSpreadBps: 0, coverPremiumBps: 0 },
        ...{ exitCooldown: 0, exitWindow: 0, name: "spare", symbol: "S" },
      },
    ]);
    const answer = (view: string) => parts.getFunction(view)() as Promise<string>;
    const spare = await answer("POOL");
    const vault = await market.vault.getAddress();
    const oracle = await market.oracle.getAddress();
    return { pool: spare, params: { ...market.terms, pool: spare, vault, oracle, kind: 0 } };
  };
  return {
    ...connection,
    ...{ market, accessManager, manager, pool, facility: market.facility, roles, after, spareFacility },
    ...{ deployer, safe, riskManager, guardian, feeCollector, stranger, lender, borrower },
  };
}

type Governed = Awaited<ReturnType<typeof governed>>;
type Who = "riskManager" | "guardian" | "feeCollector" | "safe" | "deployer" | "stranger" | "lender";

const EVERYONE: readonly Who[] = ["riskManager", "guardian", "feeCollector", "safe", "deployer", "stranger", "lender"];
interface Privileged {
  name: string;
  holder: Who;
  delayed: boolean;
  call: (g: Governed) => Promise<{ target: "manager" | "pool"; data: string }>;
}

function onManager(name: string, holder: Who, delayed: boolean, args: (g: Governed) => unknown[]): Privileged {
  const call = (g: Governed) => {
    const known: Interface = g.manager.interface;
    return Promise.resolve({ target: "manager" as const, data: known.encodeFunctionData(name, args(g)) });
  };
  return { name, holder, delayed, call };
}

function selectorOf(contract: { interface: Interface }, name: string): string | undefined {
  return contract.interface.getFunction(name)?.selector;
}

/** Every function that asks for a role, whom it belongs to, and a call of it that has an effect. */
const PRIVILEGED: Privileged[] = [
  {
    name: "createFacility",
    holder: "riskManager",
    delayed: true,
    call: async ({ manager, spareFacility }) => ({
      target: "manager",
      data: manager.interface.encodeFunctionData("createFacility", [(await spareFacility()).params, 1_000_000n]),
    }),
  },
  onManager("resumeNewLoans", "riskManager", true, ({ facility }) => [facility]),
  onManager("stopNewLoans", "guardian", false, ({ facility }) => [facility]),
  onManager("setCaps", "riskManager", true, ({ facility }) => [facility, 10n ** 12n, 10n ** 11n]),
  onManager("lowerCaps", "guardian", false, ({ facility }) => [facility, 10n ** 12n, 10n ** 11n]),
  onManager("setMaxLtv", "riskManager", true, ({ facility }) => [facility, 7_200]),
  onManager("lowerMaxLtv", "guardian", false, ({ facility }) => [facility, 7_200]),
  onManager("setGate", "riskManager", true, ({ facility, stranger }) => [facility, stranger.address]),
  {
    name: "setOracle",
    holder: "riskManager",
    delayed: true,
    call: async ({ manager, facility, market }) => ({
      target: "manager",
      data: manager.interface.encodeFunctionData("setOracle", [facility, await market.oracle.getAddress()]),
    }),
  },
  {
    name: "setReserveFee",
    holder: "riskManager",
    delayed: true,
    call: ({ pool }) =>
      Promise.resolve({ target: "pool", data: pool.interface.encodeFunctionData("setReserveFee", [500]) }),
  },
  {
    name: "collectReserve",
    holder: "feeCollector",
    delayed: false,
    call: ({ pool, feeCollector }) =>
      Promise.resolve({
        target: "pool",
        data: pool.interface.encodeFunctionData("collectReserve", [feeCollector.address, 0]),
      }),
  },
];

/** Tried by each role and a stranger in test/solidity/core/capital: Capital stands beside the core. */
const OF_CAPITAL = ["assign", "setHaircut", "setRiskWeights"];
/** Tried in test/solidity/core/term, where there is a term facility. */
const OF_SHEETS = ["addTermSheet", "retireTermSheet"];

/** Puts tokens behind a createFacility of the risk manager. */
async function seedFor(g: Governed, data: string): Promise<void> {
  if (!data.startsWith(selectorOf(g.manager, "createFacility") ?? "none")) return;
  const [params] = g.manager.interface.decodeFunctionData("createFacility", data) as unknown as [{ pool: string }];
  const pool = g.pool.attach(params.pool) as LendingPool;
  await g.market.loan.mint(g.riskManager, 1_000_000n);
  await g.market.loan.connect(g.riskManager).approve(await pool.tranche(0), 1_000_000n);
}

describe("fault C34: every privileged function, by every role and by strangers", () => {
  it("fault C34: the table leaves no restricted function out", async () => {
    const { manager, pool, roles } = await governed();
    const given = roles.flatMap((role) => [...role.manager, ...role.pool]);
    const tried = PRIVILEGED.map(({ name }) => selectorOf(manager, name) ?? selectorOf(pool, name));
    expect([...tried].sort()).to.deep.equal([...given].sort());
    // What the sources say is restricted, by the compiler's own account of them.
    const all = [...PRIVILEGED.map(({ name }) => name), ...OF_CAPITAL, ...OF_SHEETS];
    expect(restrictedFunctions()).to.deep.equal(all.sort());
  });

  for (const { name, holder, delayed, call } of PRIVILEGED) {
    it(`fault C34: ${name} is the ${holder}'s ${delayed ? "after the delay" : "at once"}, and nobody else's ever`, async () => {
      const g = await governed();
      const { target, data } = await call(g);
      const at = target === "manager" ? g.manager : g.pool;
      const address = await at.getAddress();
      for (const who of EVERYONE) {
        const signer = g[who];
        const direct = () => signer.sendTransaction({ to: address, data });
        const executed = () => g.accessManager.connect(signer).execute(address, data);
        const scheduled = () => g.accessManager.connect(signer).schedule(address, data, 0);
        if (who !== holder) {
          await expect(direct())
            .to.be.revertedWithCustomError(at, "AccessManagedUnauthorized")
            .withArgs(signer.address);
          await expect(executed()).to.be.revertedWithCustomError(g.accessManager, "AccessManagerUnauthorizedCall");
          await expect(scheduled()).to.be.revertedWithCustomError(g.accessManager, "AccessManagerUnauthorizedCall");
          continue;
        }
        await seedFor(g, data);
        if (delayed) {
          await expect(direct()).to.be.revertedWithCustomError(g.accessManager, "AccessManagerNotScheduled");
          await scheduled();
          const { time } = g.networkHelpers;
          const readyAt = (await time.latest()) + DAY;
          await time.setNextBlockTimestamp(readyAt - 1);
          await expect(direct()).to.be.revertedWithCustomError(g.accessManager, "AccessManagerNotReady");
          await time.setNextBlockTimestamp(readyAt);
        }
        await direct();
      }
    });
  }
});

describe("fault C34: the guardian lowers and cannot raise", () => {
  it("fault C34: neither cap, loan cap nor maxLtv goes up, and stopped loans stay stopped", async () => {
    const { manager, guardian, facility } = await governed();
    const as = manager.connect(guardian);
    await as.lowerCaps(facility, 1_000n, 500n);
    await expect(as.lowerCaps(facility, 1_001n, 500n))
      .to.be.revertedWithCustomError(manager, "GuardianCannotRaise")
      .withArgs(1_000n, 1_001n);
    await expect(as.lowerCaps(facility, 1_000n, 501n))
      .to.be.revertedWithCustomError(manager, "GuardianCannotRaise")
      .withArgs(500n, 501n);
    await as.lowerCaps(facility, 0n, 0n);
    await as.lowerMaxLtv(facility, 5_000);
    await expect(as.lowerMaxLtv(facility, 5_001))
      .to.be.revertedWithCustomError(manager, "GuardianCannotRaise")
      .withArgs(5_000n, 5_001n);
    await as.stopNewLoans(facility);
    await expect(as.resumeNewLoans(facility)).to.be.revertedWithCustomError(manager, "AccessManagedUnauthorized");
    const { custody, access, ltv, pricing } = await manager.facilityOf(facility);
    expect([custody.cap, access.loanCap, ltv.maxLtvBps, pricing.flags & 1n]).to.deep.equal([0n, 0n, 5_000n, 1n]);
  });

  it("fault C34: nor within a multicall, where the caller is still the caller", async () => {
    const { manager, guardian, facility } = await governed();
    const raise = manager.interface.encodeFunctionData("setMaxLtv", [facility, 8_000]);
    const lower = manager.interface.encodeFunctionData("lowerMaxLtv", [facility, 7_000]);
    await expect(manager.connect(guardian).multicall([lower, raise])).to.be.revertedWithCustomError(
      manager,
      "AccessManagedUnauthorized",
    );
    await manager.connect(guardian).multicall([lower]);
    expect((await manager.facilityOf(facility)).ltv.maxLtvBps).to.equal(7_000n);
  });

  it("fault C34: a guardian gone mad stops new risk and no exit (GATE-1)", async () => {
    const { market, manager, guardian, borrower, lender, facility } = await governed();
    const id = await market.open(borrower, market.btc("1"), market.cash(20_000n));
    const other = await market.open(borrower, market.btc("1"), market.cash(20_000n), 1n);
    await market.fund(borrower, { loan: market.cash(1_000n), collateral: market.btc("1") });
    const as = manager.connect(guardian);
    await as.multicall([
      manager.interface.encodeFunctionData("stopNewLoans", [facility]),
      manager.interface.encodeFunctionData("lowerCaps", [facility, 0n, 0n]),
      manager.interface.encodeFunctionData("lowerMaxLtv", [facility, 0]),
    ]);
    const mine = manager.connect(borrower);
    await expect(mine.draw(id, 1n, borrower)).to.be.revertedWithCustomError(manager, "NewLoansAreStopped");
    await mine.topUp(id, market.btc("0.1"), "0x");
    await mine.repay(id, market.cash(5_000n), "0x");
    await mine.repay(id, MaxUint256, "0x");
    await mine.withdraw(id, MaxUint256, borrower);
    await mine.close(other, borrower, "0x");
    await market.tranche.connect(lender).withdraw(market.cash(1_000n), lender, lender);
    expect(await manager.ownerOf(other)).to.equal(ZeroAddress);
  });
});

describe("fault C34: no way around the delay", () => {
  const raise = ({ manager, facility }: Governed, maxLtvBps = 8_000) =>
    manager.interface.encodeFunctionData("setMaxLtv", [facility, maxLtvBps]);

  it("fault C34: not by multicall, not by execute, not by asking for an earlier second", async () => {
    const g = await governed();
    const { accessManager, manager, riskManager } = g;
    const target = await manager.getAddress();
    const as = accessManager.connect(riskManager);
    await expect(manager.connect(riskManager).multicall([raise(g)])).to.be.revertedWithCustomError(
      accessManager,
      "AccessManagerNotScheduled",
    );
    await expect(as.execute(target, raise(g))).to.be.revertedWithCustomError(
      accessManager,
      "AccessManagerNotScheduled",
    );
    const soon = (await g.networkHelpers.time.latest()) + DAY - HOUR;
    await expect(as.schedule(target, raise(g), soon)).to.be.revertedWithCustomError(
      accessManager,
      "AccessManagerUnauthorizedCall",
    );
  });

  it("fault C34: what was scheduled is done once, as it was scheduled, and not after a week", async () => {
    const g = await governed();
    const { accessManager, manager, riskManager, facility } = g;
    const as = manager.connect(riskManager);
    const target = await manager.getAddress();
    const schedule = () => accessManager.connect(riskManager).schedule(target, raise(g), 0);
    await schedule();
    await g.after(DAY);
    await expect(as.setMaxLtv(facility, 8_100)).to.be.revertedWithCustomError(
      accessManager,
      "AccessManagerNotScheduled",
    );
    await as.setMaxLtv(facility, 8_000);
    await expect(as.setMaxLtv(facility, 8_000)).to.be.revertedWithCustomError(
      accessManager,
      "AccessManagerNotScheduled",
    );
    await schedule();
    await g.after(DAY + WEEK);
    await expect(as.setMaxLtv(facility, 8_000)).to.be.revertedWithCustomError(accessManager, "AccessManagerExpired");
  });

  it("fault C34: nobody else carries out what the risk manager scheduled", async () => {
    const g = await governed();
    const { accessManager, manager, riskManager } = g;
    const target = await manager.getAddress();
    await accessManager.connect(riskManager).schedule(target, raise(g), 0);
    await g.after(DAY);
    for (const who of EVERYONE.filter((each) => each !== "riskManager")) {
      await expect(accessManager.connect(g[who]).execute(target, raise(g))).to.be.revertedWithCustomError(
        accessManager,
        "AccessManagerUnauthorizedCall",
      );
      // Only a target may say that its operation is being carried out; an account has no code to say so with.
      await expect(accessManager.connect(g[who]).consumeScheduledOp(riskManager, raise(g))).to.revert(g.ethers);
    }
    expect((await manager.facilityOf(g.facility)).ltv.maxLtvBps).to.equal(7_500n);
  });

  it("fault C34: the guardian, and the risk manager itself, can take it back; strangers cannot", async () => {
    const g = await governed();
    const { accessManager, manager, riskManager, guardian, stranger, feeCollector } = g;
    const target = await manager.getAddress();
    const cancel = (by: typeof guardian) => accessManager.connect(by).cancel(riskManager, target, raise(g));
    for (const by of [guardian, riskManager]) {
      await accessManager.connect(riskManager).schedule(target, raise(g), 0);
      for (const other of [stranger, feeCollector]) {
        await expect(cancel(other)).to.be.revertedWithCustomError(accessManager, "AccessManagerUnauthorizedCancel");
      }
      await cancel(by);
      await g.after(DAY);
      await expect(manager.connect(riskManager).setMaxLtv(g.facility, 8_000)).to.be.revertedWithCustomError(
        accessManager,
        "AccessManagerNotScheduled",
      );
    }
  });

  it("fault C34: a new risk manager without delay takes the Safe longer than the risk manager's own delay", async () => {
    const g = await governed();
    const { accessManager, manager, safe, stranger } = g;
    const grant = accessManager.interface.encodeFunctionData("grantRole", [RISK_MANAGER, stranger.address, 0]);
    const self = await accessManager.getAddress();
    await expect(accessManager.connect(safe).grantRole(RISK_MANAGER, stranger, 0)).to.be.revertedWithCustomError(
      accessManager,
      "AccessManagerNotScheduled",
    );
    await g.after(SETBACK); // the grant delay is in force
    await accessManager.connect(safe).schedule(self, grant, 0);
    await g.after(DELAYS.adminDelaySeconds);
    await accessManager.connect(safe).grantRole(RISK_MANAGER, stranger, 0);
    const act = () => manager.connect(stranger).setMaxLtv(g.facility, 8_000);
    await expect(act()).to.be.revertedWithCustomError(manager, "AccessManagedUnauthorized");
    await g.after(DELAYS.grantDelaySeconds);
    await act();
  });

  it("fault C34: the Safe cannot reassign functions or replace the authority before the target's own delay", async () => {
    const g = await governed();
    const { accessManager, manager, safe, stranger } = g;
    const { time } = g.networkHelpers;
    await g.after(SETBACK);
    const target = await manager.getAddress();
    const self = await accessManager.getAddress();
    const selector = manager.interface.getFunction("setMaxLtv").selector;
    const calls = [
      accessManager.interface.encodeFunctionData("setTargetFunctionRole", [target, [selector], GUARDIAN]),
      accessManager.interface.encodeFunctionData("updateAuthority", [target, await g.market.oracle.getAddress()]),
      accessManager.interface.encodeFunctionData("setTargetClosed", [target, true]),
    ];
    const readyAt: number[] = [];
    for (const data of calls) {
      await expect(safe.sendTransaction({ to: self, data })).to.be.revertedWithCustomError(
        accessManager,
        "AccessManagerNotScheduled",
      );
      await accessManager.connect(safe).schedule(self, data, 0);
      readyAt.push((await time.latest()) + DELAYS.targetAdminDelaySeconds);
    }
    await time.setNextBlockTimestamp(Math.min(...readyAt) - 1);
    for (const data of calls) {
      await expect(safe.sendTransaction({ to: self, data })).to.be.revertedWithCustomError(
        accessManager,
        "AccessManagerNotReady",
      );
    }
    await expect(manager.connect(safe).setAuthority(stranger)).to.be.revertedWithCustomError(
      manager,
      "AccessManagedUnauthorized",
    );
  });

  it("fault C34: closing a target shuts out the roles and nobody's exit", async () => {
    const g = await governed();
    const { accessManager, manager, safe, guardian, borrower, market } = g;
    const id = await market.open(borrower, market.btc("1"), market.cash(20_000n));
    await market.fund(borrower, { loan: market.cash(100n) });
    const self = await accessManager.getAddress();
    const close = accessManager.interface.encodeFunctionData("setTargetClosed", [await manager.getAddress(), true]);
    await accessManager.connect(safe).schedule(self, close, 0);
    await g.after(DELAYS.adminDelaySeconds);
    await safe.sendTransaction({ to: self, data: close });
    await expect(manager.connect(guardian).stopNewLoans(g.facility)).to.be.revertedWithCustomError(
      manager,
      "AccessManagedUnauthorized",
    );
    await manager.connect(borrower).close(id, borrower, "0x");
  });
});

describe("fault C34: who makes roles", () => {
  it("fault C34: no role administers a role, its own least of all", async () => {
    const g = await governed();
    const { accessManager } = g;
    for (const id of [ADMIN, RISK_MANAGER, GUARDIAN, FEE_COLLECTOR, 4n, 99n]) {
      expect(await accessManager.getRoleAdmin(id)).to.equal(ADMIN);
    }
    for (const who of EVERYONE.filter((each) => each !== "safe")) {
      const as = accessManager.connect(g[who]);
      const attempts = [
        () => as.grantRole(ADMIN, g.stranger, 0),
        () => as.grantRole(RISK_MANAGER, g.stranger, 0),
        () => as.grantRole(GUARDIAN, g.stranger, 0),
        () => as.revokeRole(GUARDIAN, g.guardian),
        () => as.setRoleAdmin(GUARDIAN, GUARDIAN),
        () => as.setRoleGuardian(RISK_MANAGER, RISK_MANAGER),
        () => as.setGrantDelay(RISK_MANAGER, 0),
        () => as.setTargetAdminDelay(g.manager, 0),
        () => as.setTargetFunctionRole(g.manager, ["0x12345678"], GUARDIAN),
        () => as.setTargetClosed(g.manager, true),
        () => as.updateAuthority(g.manager, g.stranger),
        () => as.labelRole(RISK_MANAGER, "JANITOR"),
      ];
      for (const attempt of attempts) {
        await expect(attempt()).to.be.revertedWithCustomError(accessManager, "AccessManagerUnauthorizedAccount");
      }
    }
  });

  it("fault C34: not even the Safe can put another role over the admin's", async () => {
    const g = await governed();
    const { accessManager, safe } = g;
    const self = await accessManager.getAddress();
    for (const data of [
      accessManager.interface.encodeFunctionData("setRoleAdmin", [ADMIN, GUARDIAN]),
      accessManager.interface.encodeFunctionData("setRoleGuardian", [ADMIN, GUARDIAN]),
    ]) {
      await accessManager.connect(safe).schedule(self, data, 0);
      await g.after(DELAYS.adminDelaySeconds);
      await expect(safe.sendTransaction({ to: self, data })).to.be.revertedWithCustomError(
        accessManager,
        "AccessManagerLockedRole",
      );
    }
  });

  it("fault C34: the Safe holds no function itself: it must appoint, and wait", async () => {
    const g = await governed();
    for (const { call } of PRIVILEGED) {
      const { target, data } = await call(g);
      const at = target === "manager" ? g.manager : g.pool;
      const [immediate, delay] = await g.accessManager.canCall(g.safe, at, data.slice(0, 10));
      expect([immediate, delay]).to.deep.equal([false, 0n]);
    }
  });

  it("fault C34: the deployer is nobody after the handover, and cannot come back", async () => {
    const g = await governed();
    const { accessManager, deployer } = g;
    for (const id of [ADMIN, RISK_MANAGER, GUARDIAN, FEE_COLLECTOR]) {
      expect((await accessManager.hasRole(id, deployer))[0]).to.equal(false);
    }
    const grant = accessManager.interface.encodeFunctionData("grantRole", [ADMIN, deployer.address, 0]);
    await expect(
      accessManager.connect(deployer).schedule(await accessManager.getAddress(), grant, 0),
    ).to.be.revertedWithCustomError(accessManager, "AccessManagerUnauthorizedCall");
    await expect(accessManager.connect(deployer).multicall([grant])).to.be.revertedWithCustomError(
      accessManager,
      "AccessManagerUnauthorizedAccount",
    );
  });

  it("RoleTable says on chain what the deployment sets", async () => {
    const { ethers, roles } = await governed();
    const table = (await ethers.deployContract("RoleTable")) as unknown as RoleTable;
    for (const { id, manager, pool, sheets, capital } of roles) {
      expect([...(await table.sheetSelectors(id))]).to.deep.equal([...sheets]);
      expect([...(await table.capitalSelectors(id))].sort()).to.deep.equal([...capital].sort());
      expect([...(await table.managerSelectors(id))].sort()).to.deep.equal([...manager].sort());
      expect([...(await table.poolSelectors(id))].sort()).to.deep.equal([...pool].sort());
    }
    for (const id of [ADMIN, 4n, 2n ** 64n - 1n]) {
      expect([...(await table.managerSelectors(id)), ...(await table.poolSelectors(id))]).to.deep.equal([]);
      expect([...(await table.capitalSelectors(id)), ...(await table.sheetSelectors(id))]).to.deep.equal([]);
    }
  });

  it("a facility added later leaves its pool's functions to the admin until they are given", async () => {
    const g = await governed();
    const { params, pool } = await g.spareFacility();
    const data = g.manager.interface.encodeFunctionData("createFacility", [params, 1_000_000n]);
    await seedFor(g, data);
    await g.accessManager.connect(g.riskManager).schedule(g.manager, data, 0);
    await g.after(DAY);
    await g.riskManager.sendTransaction({ to: await g.manager.getAddress(), data });
    expect(await g.manager.facilityCount()).to.equal(2n);
    const later = g.pool.attach(pool) as LendingPool;
    await expect(later.connect(g.feeCollector).collectReserve(g.feeCollector, 0)).to.be.revertedWithCustomError(
      later,
      "AccessManagedUnauthorized",
    );
  });
});

/** Whoever runs a fund gives its functions to roles of its own; test/solidity/core/lending/FundVault.t.sol tries them. */
const NOT_OF_THE_DEPLOYMENT = "lending/FundVault.sol";

/** Names of functions that carry `restricted` in the sources, so that a new one cannot be forgotten here. */
function restrictedFunctions(): string[] {
  const restricted = new Set<string>();
  for (const file of readdirSync("contracts", { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".sol") || file.startsWith("mocks") || file === NOT_OF_THE_DEPLOYMENT) continue;
    const source = readFileSync(join("contracts", file), "utf8");
    for (const [, name = "", rest = ""] of source.matchAll(/function (\w+)\s*\(([^{;]*)\{/g)) {
      if (/\brestricted\b/.test(rest)) restricted.add(name);
    }
  }
  return [...restricted].sort();
}
