import { toAssetsDown, toAssetsUp, toSharesDown, toSharesUp } from "../../shares.js";
import { type Address, NOBODY } from "../address.js";
import { accruedPool, checkpoint, enter, payOut, unsplitInterest } from "../pool.js";
import { require } from "../refusal.js";
import { burn, mint as mintToken, spendAllowance, transferFrom } from "../token.js";
import type { Transaction } from "../transaction.js";
import { checked } from "../uint.js";
import type { World } from "../world.js";

/** The senior class's net asset value at `now`, as a lender who leaves would find it. */
export function seniorNavOf(world: World, tranche: Address, now: bigint): bigint {
  const { pool } = accruedPool(world, world.poolOfTranche(tranche), now);
  return pool.senior + unsplitInterest(pool).toSenior;
}

const totalsOf = (tx: Transaction, tranche: Address, nav: bigint): { totalAssets: bigint; totalShares: bigint } => ({
  totalAssets: nav,
  totalShares: tx.world.supply(tranche),
});

function mintAgainst(
  tx: Transaction,
  tranche: Address,
  payer: Address,
  receiver: Address,
  assets: bigint,
  shares: bigint,
): void {
  require(assets !== 0n && shares !== 0n, "NothingReceived", assets, shares);
  mintToken(tx, tranche, receiver, shares);
  tx.emit(tranche, "Deposit", { sender: payer, owner: receiver, assets, shares });
  const pool = tx.world.poolOfTranche(tranche);
  transferFrom(tx, tx.world.poolCode(pool).asset, tranche, payer, pool, assets);
}

function leave(
  tx: Transaction,
  caller: Address,
  tranche: Address,
  { receiver, owner }: { readonly receiver: Address; readonly owner: Address },
  assets: bigint,
  shares: bigint,
): void {
  require(assets !== 0n && shares !== 0n, "NothingReceived", assets, shares);
  if (caller !== owner) spendAllowance(tx, tranche, owner, caller, shares);
  burn(tx, tranche, owner, shares);
  tx.emit(tranche, "Withdraw", { sender: caller, receiver, owner, assets, shares });
  payOut(tx, tx.world.poolOfTranche(tranche), receiver, assets);
}

function checkpointNav(tx: Transaction, tranche: Address): bigint {
  const pool = tx.world.poolOfTranche(tranche);
  tx.requireUnlocked(tx.world.pool(pool).facility);
  return checkpoint(tx, pool).senior;
}

/** The first deposit, at the facility's creation, never withdrawn. */
export function seed(tx: Transaction, payer: Address, tranche: Address, assets: bigint): void {
  require(tx.world.supply(tranche) === 0n, "AlreadySeeded");
  enter(tx, tx.world.poolOfTranche(tranche), undefined, assets);
  mintAgainst(tx, tranche, payer, NOBODY, assets, toSharesDown(assets, { totalAssets: 0n, totalShares: 0n }));
}

/** Lends `assets`. Returns the shares minted to `receiver`. */
export function deposit(
  tx: Transaction,
  caller: Address,
  { tranche, assets, receiver }: { readonly tranche: Address; readonly assets: bigint; readonly receiver: Address },
): bigint {
  const nav = enter(tx, tx.world.poolOfTranche(tranche), receiver, assets);
  const supply = tx.world.supply(tranche);
  require(nav !== 0n, "WipedOut", supply);
  const shares = checked(toSharesDown(assets, totalsOf(tx, tranche, nav)));
  mintAgainst(tx, tranche, caller, receiver, assets, shares);
  return shares;
}

/** Lends what `shares` cost. Returns the assets taken from the caller. */
export function mint(
  tx: Transaction,
  caller: Address,
  { tranche, shares, receiver }: { readonly tranche: Address; readonly shares: bigint; readonly receiver: Address },
): bigint {
  tx.requireUnlocked(tx.world.pool(tx.world.poolOfTranche(tranche)).facility);
  const seniorNav = seniorNavOf(tx.world, tranche, tx.now);
  const assets = checked(toAssetsUp(shares, totalsOf(tx, tranche, seniorNav)));
  const nav = enter(tx, tx.world.poolOfTranche(tranche), receiver, assets);
  require(nav !== 0n, "WipedOut", tx.world.supply(tranche));
  mintAgainst(tx, tranche, caller, receiver, assets, shares);
  return assets;
}

interface LeaveArguments {
  readonly tranche: Address;
  readonly receiver: Address;
  readonly owner: Address;
}

/** Takes `assets` out. Returns the shares burned. */
export function withdrawAssets(
  tx: Transaction,
  caller: Address,
  args: LeaveArguments & { readonly assets: bigint },
): bigint {
  const nav = checkpointNav(tx, args.tranche);
  const shares = checked(toSharesUp(args.assets, totalsOf(tx, args.tranche, nav)));
  leave(tx, caller, args.tranche, args, args.assets, shares);
  return shares;
}

/** Burns `shares`. Returns the assets sent. */
export function redeem(tx: Transaction, caller: Address, args: LeaveArguments & { readonly shares: bigint }): bigint {
  const nav = checkpointNav(tx, args.tranche);
  const assets = checked(toAssetsDown(args.shares, totalsOf(tx, args.tranche, nav)));
  leave(tx, caller, args.tranche, args, assets, args.shares);
  return assets;
}
