import {
  type Address,
  type Deployment,
  FacilityKind,
  type FacilityParams,
  type Surroundings,
  type Transaction,
  World,
  ZERO_ADDRESS,
  addTermSheet,
  createFacility,
  deposit,
  execute,
  toAddress,
} from "../../../../sdk/model/machine/index.js";
import { MAX_UINT256, type TermSheet, WAD, YEAR_SECONDS, mulDivUp } from "../../../../sdk/model/index.js";

export const DAY = 86_400n;
export const BTC = 10n ** 8n;
export const USD = 10n ** 6n;

const account = (number: number): Address => toAddress(`0x${number.toString(16).padStart(40, "0")}`);

/** Everybody and everything there is, a contract or a person. */
export const AT = {
  ...{ manager: account(1), termManager: account(2), oracle: account(3), gate: account(4), capital: account(5) },
  ...{ usd: account(6), btc: account(7), admin: account(8) },
  ...{ pool: account(16), senior: account(17), junior: account(18), cover: account(19), queue: account(20) },
  ...{ termPool: account(32), termSenior: account(33), termJunior: account(34), termCover: account(35) },
  ...{ vault: account(48), termVault: account(49) },
  ...{ spare: account(50), spareSenior: account(51) },
  ...{ alice: account(64), bob: account(65), carol: account(66) },
} as const;

export const COOLDOWN = 100n;
export const WINDOW = 1_000n;
const START = 1_800_000_000n;

/** Twelve instalments of thirty days. */
export const SHEET: TermSheet = {
  ...{ intervalSeconds: 30n * DAY, count: 12n, graceSeconds: 10n * DAY, latePremiumBps: 600n, prepaymentFeeBps: 100n },
  ...{ balloonBps: 0n, spreadBps: 300n, lateFee: 25n * USD, retired: false },
};

/** What a test wants otherwise. */
export interface Wishes {
  /** Of revolving loans, WAD a second. */
  readonly rate?: bigint;
  readonly reserveFeeBps?: bigint;
  readonly params?: Partial<FacilityParams>;
  /** Units each of alice, bob and carol has of dollars, and of bitcoin. */
  readonly money?: bigint;
  readonly collateral?: bigint;
  readonly sheets?: readonly TermSheet[];
}

class Undo extends Error {}

/**
 * A revolving and a term facility with every class of lenders and terms in round numbers, made of the machine's own events: no chain
 * has it, so that a test can have any rate, amount and moment. 60,000 dollars a bitcoin at first.
 */
export class MadeWorld {
  readonly world: World;
  readonly params: FacilityParams;
  readonly termParams: FacilityParams;
  now = START;
  priceE36 = (60_000n * USD * 10n ** 36n) / BTC;
  /** The gate's answer. */
  reason = 0n;
  /** Of junior capital to the debt. */
  minRatioBps = 0n;

  constructor({ rate, reserveFeeBps = 1_000n, params, money = 10n ** 13n, collateral, sheets = [SHEET] }: Wishes = {}) {
    this.world = new World(deploymentAt(rate ?? (WAD * 7n) / 100n / YEAR_SECONDS));
    const given: FacilityParams = {
      ...{ pool: AT.pool, vault: AT.vault, oracle: AT.oracle, gate: ZERO_ADDRESS, kind: FacilityKind.Revolving },
      ...{ maxLtvBps: 7_000n, lltvBps: 8_000n, targetLtvBps: 6_000n, incentiveMinBps: 500n, incentiveMaxBps: 1_000n },
      ...{ healthForMaxBps: 8_500n, rampSeconds: DAY, minDebt: 100n * USD, cap: 10n ** 13n, loanCap: 10n ** 12n },
      ...params,
    };
    this.params = given;
    this.termParams = { ...given, pool: AT.termPool, vault: AT.termVault, kind: FacilityKind.Term };
    this.do((tx) => {
      for (const pool of [AT.pool, AT.termPool]) tx.emit(pool, "ReserveFeeSet", { reserveFeeBps });
      const allow = (token: Address, owner: Address, ...spenders: Address[]): void => {
        for (const spender of spenders) tx.emit(token, "Approval", { owner, spender, value: MAX_UINT256 });
      };
      const spenders = [AT.pool, AT.senior, AT.junior, AT.cover, AT.queue];
      const termSpenders = [AT.termPool, AT.termSenior, AT.termJunior, AT.termCover];
      for (const owner of [AT.admin, AT.alice, AT.bob, AT.carol]) {
        tx.emit(AT.usd, "Transfer", { from: ZERO_ADDRESS, to: owner, value: money });
        tx.emit(AT.btc, "Transfer", { from: ZERO_ADDRESS, to: owner, value: collateral ?? 1_000n * BTC });
        allow(AT.usd, owner, ...spenders, ...termSpenders, AT.spareSenior);
        allow(AT.btc, owner, AT.vault, AT.termVault);
      }
      const seedAssets = 1_000n * USD;
      createFacility(tx, AT.admin, { manager: AT.manager, params: given, seedAssets });
      createFacility(tx, AT.admin, { manager: AT.termManager, params: this.termParams, seedAssets });
      for (const terms of sheets) addTermSheet(tx, AT.admin, { pool: AT.termPool, terms });
    });
  }

  /** A world in which senior lenders have brought 500,000 dollars to either pool. */
  static funded(wishes: Wishes = {}): MadeWorld {
    const made = new MadeWorld(wishes);
    made.do((tx) => {
      for (const tranche of [AT.senior, AT.termSenior])
        deposit(tx, AT.carol, { tranche, assets: 500_000n * USD, receiver: AT.carol });
    });
    return made;
  }

  /** Acts, and keeps it; throws the refusal. */
  do<T>(act: (tx: Transaction) => T): T {
    const outcome = execute(this.world, this.#surroundings(), act);
    if (!outcome.ok) throw outcome.refusal;
    return outcome.value;
  }

  /** Names of the events of what goes through. Kept. */
  eventsOf(act: (tx: Transaction) => unknown): string[] {
    const outcome = execute(this.world, this.#surroundings(), act);
    if (!outcome.ok) throw outcome.refusal;
    return outcome.events.map(({ name }) => name);
  }

  /** How it ends: "" where it goes through, else the refusal in full. Undone either way. */
  try(act: (tx: Transaction) => unknown): string {
    try {
      const outcome = execute(this.world, this.#surroundings(), (tx) => {
        act(tx);
        throw new Undo();
      });
      return outcome.ok ? "nothing undid it" : outcome.refusal.message;
    } catch (error) {
      if (error instanceof Undo) return "";
      throw error;
    }
  }

  /** The same at another second. */
  tryAt(now: bigint, act: (tx: Transaction) => unknown): string {
    const before = this.now;
    this.now = now;
    try {
      return this.try(act);
    } finally {
      this.now = before;
    }
  }

  #surroundings(): Surroundings {
    return {
      now: this.now,
      price: () => this.priceE36,
      borrowPrice: () => this.priceE36,
      liquidationPrice: () => this.priceE36,
      graceEndsAt: () => 0n,
      gateReason: () => this.reason,
      requiredJuniorUp: (_, __, debt) => mulDivUp(debt, this.minRatioBps, 10_000n),
      mayGovern: (caller) => caller === AT.admin,
    };
  }
}

function deploymentAt(fixedRatePerSecond: bigint): Deployment {
  const firstLoss = (junior: Address, cover: Address) => ({
    ...{ junior, cover, juniorSpreadBps: 1_500n, coverPremiumBps: 500n },
    ...{ exitCooldownSeconds: COOLDOWN, exitWindowSeconds: WINDOW },
  });
  const both = { asset: AT.usd, fixedRatePerSecond, capital: AT.capital };
  return {
    manager: AT.manager,
    termManager: AT.termManager,
    pools: new Map([
      [
        AT.pool,
        {
          ...both,
          senior: AT.senior,
          queue: { address: AT.queue, leastShares: 10n ** 12n },
          firstLoss: firstLoss(AT.junior, AT.cover),
        },
      ],
      [
        AT.termPool,
        {
          ...both,
          senior: AT.termSenior,
          kind: FacilityKind.Term,
          firstLoss: firstLoss(AT.termJunior, AT.termCover),
        },
      ],
      [AT.spare, { asset: AT.usd, fixedRatePerSecond, senior: AT.spareSenior }],
    ]),
    vaults: new Map([
      [AT.vault, { asset: AT.btc }],
      [AT.termVault, { asset: AT.btc }],
    ]),
  };
}
