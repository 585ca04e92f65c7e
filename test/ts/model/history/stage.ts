import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { Interface, type InterfaceAbi, ZeroAddress } from "ethers";
import { network } from "hardhat";
import {
  type Address,
  type Deployment,
  type PoolCode,
  Refusal,
  type Surroundings,
  ZERO_ADDRESS,
  toAddress,
} from "../../../../sdk/model/machine/index.js";
import { MAX_UINT256, WAD, YEAR_SECONDS } from "../../../../sdk/model/index.js";
import type { Random } from "./random.js";

/** What MockOracle was told, and what it would therefore say. */
export interface OracleState {
  readonly priceE36: bigint;
  /** 0 for none. */
  readonly secondE36: bigint;
  readonly refusing: boolean;
}

export interface StagedFacility {
  readonly number: bigint;
  readonly pool: Address;
  readonly tranche: Address;
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

const DISAGREEMENT_CAP = 3_600n;

async function connect() {
  return network.create({ network: "op", chainType: "op", override: { allowBlocksWithSameTimestamp: true } });
}

/**
 * Four facilities in one manager, every pairing of 8- and 18-decimal collateral with 6- and 18-decimal loan assets, one of them
 * with a fixed rate; facilities on the same collateral share a vault.
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
  const openGate = (await deploy("OpenGate")).address;
  const oracles = new Map<Address, OracleState>();
  const pools = new Map<Address, PoolCode>();
  const vaults = new Map<Address, { asset: Address }>();
  const contracts = new Map<Address, Awaited<ReturnType<typeof deploy>>["contract"]>([
    [manager.address, manager.contract],
  ]);
  const keep = ({ address, contract }: Awaited<ReturnType<typeof deploy>>): Address => {
    contracts.set(address, contract);
    return address;
  };

  const newToken = async (name: string, decimals: bigint) => keep(await deploy("MockToken", name, name, decimals));
  const collaterals: { asset: Address; vault: Address; unit: bigint; decimals: bigint }[] = [];
  for (const decimals of [8n, 18n]) {
    const asset = await newToken(`BTC${decimals}`, decimals);
    const vault = keep(await deploy("CollateralVault", asset, manager.address));
    vaults.set(vault, { asset });
    collaterals.push({ asset, vault, unit: 10n ** decimals, decimals });
  }

  const facilities: StagedFacility[] = [];
  for (const loanDecimals of [6n, 18n]) {
    const loanAsset = await newToken(`USD${loanDecimals}`, loanDecimals);
    for (const collateral of collaterals) {
      const poolAddress = toAddress(
        ethers.getCreateAddress({ from: admin.address, nonce: (await admin.getNonce()) + 1 }),
      );
      const tranche = await deploy(
        "Tranche",
        loanAsset,
        poolAddress,
        manager.address,
        0,
        "Ballast senior",
        "bSEN",
        0,
        0,
      );
      const fixedRatePerSecond = facilities.length === 3 ? (WAD * 7n) / 100n / YEAR_SECONDS : 0n;
      const reserveFeeBps = random.between(0n, 2_500n);
      const none = ethers.ZeroAddress;
      const pool = await deploy("LendingPool", {
        ...{ asset: loanAsset, manager: manager.address, authority: authority.address },
        ...{ senior: tranche.address, junior: none, cover: none, queue: none, capital: none },
        ...{ fixedRatePerSecond, reserveFeeBps, juniorSpreadBps: 0n, coverPremiumBps: 0n },
      });
      if (pool.address !== poolAddress) throw new Error(`the pool went to ${pool.address}, not ${poolAddress}`);
      keep(pool);
      keep(tranche);
      pools.set(pool.address, { asset: loanAsset, senior: tranche.address, fixedRatePerSecond });
      const loanUnit = 10n ** loanDecimals;
      const priceE36 = (60_000n * loanUnit * 10n ** 36n) / collateral.unit;
      const pair: Address[] = [];
      for (let i = 0; i < 2; i++) {
        const oracle = await deploy("MockOracle", collateral.asset, loanAsset, priceE36, 3_600, DISAGREEMENT_CAP);
        pair.push(keep(oracle));
        oracles.set(oracle.address, { priceE36, secondE36: 0n, refusing: false });
      }
      facilities.push({
        number: BigInt(facilities.length) + 1n,
        pool: pool.address,
        tranche: tranche.address,
        vault: collateral.vault,
        loanAsset,
        collateralAsset: collateral.asset,
        loanUnit,
        collateralUnit: collateral.unit,
        oracles: pair as unknown as readonly [Address, Address],
      });
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
    await mint(f.loanAsset, toAddress(admin.address), seed);
    await contracts.get(f.loanAsset)?.getFunction("approve")(f.tranche, seed);
    await manager.contract.getFunction("createFacility")(
      {
        pool: f.pool,
        vault: f.vault,
        oracle: f.oracles[0],
        gate: ZeroAddress,
        kind: 0,
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
      { gasLimit: 2_000_000 },
    );
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
      await run(actor, f.loanAsset, f.tranche);
      await run(actor, f.loanAsset, f.pool);
      await run(actor, f.collateralAsset, f.vault);
    }
  }

  const deployment: Deployment = { manager: manager.address, pools, vaults };
  const abi = new Interface([
    ...interfaces.flat(),
    "error NotLiquidatable(uint256 debt, uint256 maxDebt)",
    "error BelowMinimum(uint256 requested, uint256 allowance, uint256 minDebt)",
  ] as string[]);
  return { ethers, admin, actors, facilities, deployment, oracles, openGate, contracts, abi, vaults };
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
    graceEndsAt: () => 0n,
    gateReason: (gate) => (gate === stage.openGate ? 0n : MAX_UINT256),
    mayGovern: (caller) => caller === toAddress(stage.admin.address) && caller !== ZERO_ADDRESS,
  };
}
