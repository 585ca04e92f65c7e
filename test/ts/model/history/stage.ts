import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { Interface, type InterfaceAbi, ZeroAddress } from "ethers";
import { network } from "hardhat";
import {
  type Address,
  type Deployment,
  FacilityKind,
  type PoolCode,
  Refusal,
  type Surroundings,
  ZERO_ADDRESS,
  toAddress,
} from "../../../../sdk/model/machine/index.js";
import { MAX_UINT256, type TermSheet, mulDivUp, WAD, YEAR_SECONDS } from "../../../../sdk/model/index.js";
import type { Random } from "./random.js";

/** What MockOracle was told, and what it would therefore say. */
export interface OracleState {
  readonly priceE36: bigint;
  /** 0 for none. */
  readonly secondE36: bigint;
  readonly refusing: boolean;
  /** Of the sequencer; 0 for none. */
  readonly graceEndsAt: bigint;
}

export interface StagedFacility {
  readonly manager: Address;
  readonly number: bigint;
  readonly isTerm: boolean;
  readonly pool: Address;
  /** Senior first, and whatever first-loss classes there are. */
  readonly tranches: readonly Address[];
  /** Of senior lenders; the first facility does without. */
  readonly queue?: Address;
  /** Whether junior capital must stand in a ratio to the debt. */
  readonly hasCapital: boolean;
  readonly vault: Address;
  readonly loanAsset: Address;
  readonly collateralAsset: Address;
  readonly loanUnit: bigint;
  readonly collateralUnit: bigint;
  /** The facility's oracle at first, and one to replace it. */
  readonly oracles: readonly [Address, Address];
}

/** One account that acts: a key holder or a contract that makes the calls it is told to. */
export interface Actor {
  readonly address: Address;
  readonly signer?: HardhatEthersSigner;
}

export type Stage = Awaited<ReturnType<typeof setStage>>;

/** Of the risk classes; most facilities are in the first, so that not every history ends for want of junior capital. */
const RISK_WEIGHTS_BPS = [0n, 10_000n, 50_000n];

/** What the judge of capital was told of a pool. */
export interface CapitalTerms {
  readonly riskClass: bigint;
  readonly minRatioBps: bigint;
}

/** One that was told nothing is weighted most. */
const UNASSIGNED = { weightBps: 125_000n, minRatioBps: 1_050n };

const DISAGREEMENT_CAP = 3_600n;

const DAY = 86_400n;

/** From days to a year, with every fee and none. */
export function sheetsOf(loanUnit: bigint, random: Random): TermSheet[] {
  const sheet = (days: bigint, count: bigint, change: Partial<TermSheet> = {}): TermSheet => ({
    ...{ intervalSeconds: days * DAY, count, graceSeconds: 10n * DAY, latePremiumBps: 600n, prepaymentFeeBps: 100n },
    ...{ balloonBps: 0n, spreadBps: random.between(0n, 900n), lateFee: 25n * loanUnit, retired: false },
    ...change,
  });
  return [
    sheet(30n, 12n),
    sheet(1n, 120n, { graceSeconds: 3_600n, lateFee: loanUnit / 7n }),
    sheet(365n, 1n, { prepaymentFeeBps: 0n }),
    sheet(7n, 26n, { balloonBps: 5_000n, lateFee: 0n, latePremiumBps: 0n }),
    sheet(3n, 4n, { balloonBps: 10_000n, graceSeconds: 2n * DAY, prepaymentFeeBps: 777n }),
  ];
}

async function connect() {
  // At a date of its own, so that a seed says all of a history.
  const override = { allowBlocksWithSameTimestamp: true, initialDate: "2026-01-01T00:00:00Z" };
  return network.create({ network: "op", chainType: "op", override });
}

/**
 * Four revolving facilities, every pairing of 8- and 18-decimal collateral with 6- and 18-decimal loan assets, one of them with a
 * fixed rate, two with first-loss classes; and two term facilities with all classes, one at the curve's rate. Facilities of one
 * manager on the same collateral share a vault.
 */
export async function setStage(random: Random) {
  const { ethers } = await connect();
  const signers = await ethers.getSigners();
  const [admin] = signers;
  if (admin === undefined) throw new Error("the test network has funded accounts");
  const interfaces: InterfaceAbi[] = [];
  const deploy = async (name: string, ...args: unknown[]) => {
    const contract = await ethers.deployContract(name, args);
    await contract.waitForDeployment();
    interfaces.push(contract.interface.fragments.filter(({ type }) => type !== "constructor"));
    return { contract, address: toAddress(await contract.getAddress()) };
  };

  const authority = await deploy("AccessManager", admin.address);
  const engine = await deploy("LiquidationEngine");
  const manager = await deploy("LoanManager", authority.address, engine.address);
  const termManager = await deploy("TermLoanManager", authority.address, engine.address);
  const book = await deploy("TermLoanBook");
  const weights = RISK_WEIGHTS_BPS.map((weightBps, i) => ({ name: `0x${String(i + 1).padStart(64, "0")}`, weightBps }));
  const capital = await deploy("Capital", authority.address, weights, 3_000);
  const capitalTerms = new Map<Address, CapitalTerms>();
  const openGate = (await deploy("OpenGate")).address;
  const oracles = new Map<Address, OracleState>();
  const pools = new Map<Address, PoolCode>();
  const vaults = new Map<Address, { asset: Address }>();
  const contracts = new Map<Address, Awaited<ReturnType<typeof deploy>>["contract"]>([
    [manager.address, manager.contract],
    [termManager.address, termManager.contract],
    [capital.address, capital.contract],
  ]);
  const keep = ({ address, contract }: Awaited<ReturnType<typeof deploy>>): Address => {
    contracts.set(address, contract);
    return address;
  };

  const newToken = async (name: string, decimals: bigint) => keep(await deploy("MockToken", name, name, decimals));
  const newVault = async (asset: Address, of: Address): Promise<Address> => {
    const vault = keep(await deploy("CollateralVault", asset, of));
    vaults.set(vault, { asset });
    return vault;
  };
  const collaterals: { asset: Address; vault: Address; termVault: Address; unit: bigint }[] = [];
  for (const decimals of [8n, 18n]) {
    const asset = await newToken(`BTC${decimals}`, decimals);
    const vault = await newVault(asset, manager.address);
    collaterals.push({ asset, vault, termVault: await newVault(asset, termManager.address), unit: 10n ** decimals });
  }

  const facilities: StagedFacility[] = [];
  const none = ethers.ZeroAddress;

  /** A pool with its tranches, which name each other, and the oracles of its facility. */
  const newFacility = async (
    plan: { isTerm: boolean; classes: number; fixedRatePerSecond: bigint },
    collateral: (typeof collaterals)[number],
    loan: { asset: Address; unit: bigint },
  ): Promise<void> => {
    const { isTerm, classes, fixedRatePerSecond } = plan;
    const of = isTerm ? termManager.address : manager.address;
    const hasQueue = facilities.length > 0;
    const hasCapital = classes > 1 && !facilities.some((f) => f.hasCapital && f.isTerm === isTerm);
    const nonce = (await admin.getNonce()) + classes + (hasQueue ? 1 : 0);
    const poolAddress = toAddress(ethers.getCreateAddress({ from: admin.address, nonce }));
    const tranches: Address[] = [];
    // A short wait and a long window: a history goes from date to date, a week a step on average.
    const exit = [random.between(1n, 3_600n), random.between(3_600n, 200n * DAY)] as const;
    for (let i = 0; i < classes; i++)
      tranches.push(
        keep(await deploy("Tranche", loan.asset, poolAddress, of, i, "T", "T", ...(i === 0 ? [0, 0] : exit))),
      );
    const [senior, junior, cover] = tranches;
    if (senior === undefined) throw new Error("a pool has senior lenders");
    const queue = hasQueue
      ? { address: keep(await deploy("RedemptionQueue", senior, poolAddress)), leastShares: loan.unit * 1_000_000n }
      : undefined;
    const spread = { juniorSpreadBps: random.between(0n, 5_000n), coverPremiumBps: random.between(0n, 2_000n) };
    const { juniorSpreadBps, coverPremiumBps } = classes > 1 ? spread : { juniorSpreadBps: 0n, coverPremiumBps: 0n };
    const config = {
      ...{ asset: loan.asset, manager: of, authority: authority.address, senior, junior: junior ?? none },
      ...{
        cover: cover ?? none,
        queue: queue?.address ?? none,
        capital: hasCapital ? capital.address : none,
        fixedRatePerSecond,
      },
      ...{ reserveFeeBps: random.between(0n, 2_500n), juniorSpreadBps, coverPremiumBps },
    };
    const pool = isTerm ? await deploy("TermLendingPool", config, book.address) : await deploy("LendingPool", config);
    if (pool.address !== poolAddress) throw new Error(`the pool went to ${pool.address}, not ${poolAddress}`);
    keep(pool);
    pools.set(pool.address, {
      ...{ asset: loan.asset, senior, fixedRatePerSecond },
      ...(queue && { queue }),
      ...(hasCapital && { capital: capital.address }),
      ...(isTerm && { kind: FacilityKind.Term }),
      ...(classes > 1 && {
        firstLoss: {
          ...(junior && { junior }),
          ...(cover && { cover }),
          ...{ juniorSpreadBps, coverPremiumBps, exitCooldownSeconds: exit[0], exitWindowSeconds: exit[1] },
        },
      }),
    });
    const priceE36 = (60_000n * loan.unit * 10n ** 36n) / collateral.unit;
    const newOracle = async (): Promise<Address> => {
      const oracle = keep(await deploy("MockOracle", collateral.asset, loan.asset, priceE36, 3_600, DISAGREEMENT_CAP));
      oracles.set(oracle, { priceE36, secondE36: 0n, refusing: false, graceEndsAt: 0n });
      return oracle;
    };
    facilities.push({
      manager: of,
      number: BigInt(facilities.filter((f) => f.isTerm === isTerm).length) + (isTerm ? 1_000_001n : 1n),
      isTerm,
      pool: pool.address,
      tranches,
      ...(queue && { queue: queue.address }),
      hasCapital,
      vault: isTerm ? collateral.termVault : collateral.vault,
      loanAsset: loan.asset,
      collateralAsset: collateral.asset,
      loanUnit: loan.unit,
      collateralUnit: collateral.unit,
      oracles: [await newOracle(), await newOracle()],
    });
  };

  const fixedRatePerSecond = (WAD * 7n) / 100n / YEAR_SECONDS;
  for (const [i, decimals] of [6n, 18n].entries()) {
    const loan = { asset: await newToken(`USD${decimals}`, decimals), unit: 10n ** decimals };
    for (const [j, collateral] of collaterals.entries()) {
      const isLast = i === 1 && j === 1;
      const plan = { isTerm: false, classes: i === j ? 1 : 3, fixedRatePerSecond: isLast ? fixedRatePerSecond : 0n };
      await newFacility(plan, collateral, loan);
      // On the same loan asset, so that one account's money is in both kinds.
      if (i === j)
        await newFacility(
          { isTerm: true, classes: 3, fixedRatePerSecond: isLast ? 0n : fixedRatePerSecond },
          collateral,
          loan,
        );
    }
  }

  const actors: Actor[] = signers.slice(1, 5).map((signer) => ({ signer, address: toAddress(signer.address) }));
  for (let i = 0; i < 2; i++) actors.push({ address: keep(await deploy("Puppet")) });

  const mint = async (token: Address, to: Address, amount: bigint): Promise<void> => {
    await contracts.get(token)?.getFunction("mint")(to, amount);
  };
  for (const f of facilities) {
    const lltv = random.between(6_000n, 8_800n);
    const maxLtv = lltv - random.between(100n, 1_000n);
    const incentiveMax = random.between(100n, 100_000_000n / lltv - 10_000n);
    const seed = 1_000n * f.loanUnit;
    for (const tranche of f.tranches) {
      await mint(f.loanAsset, toAddress(admin.address), seed);
      await contracts.get(f.loanAsset)?.getFunction("approve")(tranche, seed);
    }
    await contracts.get(f.manager)?.getFunction("createFacility")(
      {
        pool: f.pool,
        vault: f.vault,
        oracle: f.oracles[0],
        gate: ZeroAddress,
        kind: f.isTerm ? 1 : 0,
        maxLtvBps: maxLtv,
        lltvBps: lltv,
        targetLtvBps: maxLtv - random.between(100n, 2_000n),
        incentiveMinBps: random.between(0n, incentiveMax),
        incentiveMaxBps: incentiveMax,
        healthForMaxBps: random.between(7_000n, 9_900n),
        rampSeconds: 86_400,
        minDebt: random.between(f.loanUnit / 100n, 200n * f.loanUnit),
        cap: 3_000_000n * f.loanUnit,
        loanCap: 1_000_000n * f.loanUnit,
      },
      seed,
      // An estimate made within the pool's first second would not pay for the interest event of the next.
      { gasLimit: Number(process.env.TEST_GAS ?? 2_000_000) },
    );
    if (f.hasCapital) {
      capitalTerms.set(f.pool, { riskClass: 0n, minRatioBps: 1_000n });
      await capital.contract.getFunction("assign")(f.pool, 0, 1_000);
    }
    if (!f.isTerm) continue;
    for (const sheet of sheetsOf(f.loanUnit, random)) await contracts.get(f.pool)?.getFunction("addTermSheet")(sheet);
  }

  const run = async (actor: Actor, token: Address, spender: Address): Promise<void> => {
    const contract = contracts.get(token);
    if (contract === undefined) throw new Error(`no contract at ${token}`);
    if (actor.signer !== undefined) {
      await contract.connect(actor.signer).getFunction("approve")(spender, MAX_UINT256);
      return;
    }
    const data = contract.interface.encodeFunctionData("approve", [spender, MAX_UINT256]);
    await contracts.get(actor.address)?.getFunction("run")([{ target: token, data, mayFail: false }]);
  };
  for (const actor of actors) {
    for (const f of facilities) {
      await mint(f.loanAsset, actor.address, 800_000n * f.loanUnit);
      await mint(f.collateralAsset, actor.address, 15n * f.collateralUnit);
      for (const tranche of f.tranches) await run(actor, f.loanAsset, tranche);
      if (f.queue !== undefined) await run(actor, f.loanAsset, f.queue);
      await run(actor, f.loanAsset, f.pool);
      await run(actor, f.collateralAsset, f.vault);
    }
  }

  const deployment: Deployment = { manager: manager.address, termManager: termManager.address, pools, vaults };
  const abi = new Interface([
    ...interfaces.flat(),
    "error NotLiquidatable(uint256 debt, uint256 maxDebt)",
    "error BelowMinimum(uint256 requested, uint256 allowance, uint256 minDebt)",
    "error InvalidTermSheet(string field, uint256 value, uint256 least, uint256 most)",
  ] as string[]);
  const judge = { address: capital.address, terms: capitalTerms };
  return { ethers, admin, actors, facilities, deployment, oracles, capital: judge, openGate, contracts, abi, vaults };
}

/** The world outside the contracts, as the stage has it at `now`. */
export function surroundingsOf(stage: Stage, now: bigint): Surroundings {
  const price = (oracle: Address): OracleState => {
    const state = stage.oracles.get(oracle);
    if (state === undefined) throw new Error(`no oracle at ${oracle}`);
    if (state.refusing) throw new Refusal("PriceRefused");
    return state;
  };
  return {
    now,
    price: (oracle) => price(oracle).priceE36,
    borrowPrice: (oracle) => {
      const { priceE36, secondE36 } = price(oracle);
      return secondE36 !== 0n && secondE36 < priceE36 ? secondE36 : priceE36;
    },
    liquidationPrice: (oracle) => {
      const { priceE36, secondE36 } = price(oracle);
      const apart = priceE36 > secondE36 ? priceE36 - secondE36 : secondE36 - priceE36;
      const disagree = secondE36 !== 0n && apart * 10_000n > priceE36 * 200n;
      // The history never calls noteDisagreement, so a hold never begins to run out.
      if (disagree) throw new Refusal("SourcesDisagree", priceE36, secondE36, now + DISAGREEMENT_CAP);
      return priceE36;
    },
    graceEndsAt: (oracle) => stage.oracles.get(oracle)?.graceEndsAt ?? 0n,
    gateReason: (gate) => (gate === stage.openGate ? 0n : MAX_UINT256),
    requiredJuniorUp: (_, pool, debt) => {
      const told = stage.capital.terms.get(pool);
      const { minRatioBps } = told ?? UNASSIGNED;
      const weightBps = told === undefined ? UNASSIGNED.weightBps : (RISK_WEIGHTS_BPS[Number(told.riskClass)] ?? 0n);
      return mulDivUp(mulDivUp(debt, weightBps, 10_000n), minRatioBps, 10_000n);
    },
    mayGovern: (caller) => caller === toAddress(stage.admin.address) && caller !== ZERO_ADDRESS,
  };
}
