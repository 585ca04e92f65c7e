import { toAssetsDown, toAssetsUp, toSharesDown, toSharesUp } from "../../shares.js";
import { TrancheClass, exitNav } from "../../waterfall.js";
import { type Address, NOBODY } from "../address.js";
import { checkpoint, checkpointToPay, enter, payOut } from "../pool.js";
import { require } from "../../refusal.js";
import { burn, mint as mintToken, spendAllowance, transferFrom } from "../token.js";
import type { Transaction } from "../transaction.js";
import { checked } from "../uint.js";
import { entryNavOf } from "../views.js";

const totalsOf = (tx: Transaction, tranche: Address, nav: bigint): { totalAssets: bigint; totalShares: bigint } => ({
  totalAssets: nav,
  totalShares: tx.world.supply(tranche),
});

/** Of one class. */
const MOST_SHARES = 2n ** 120n - 1n;

function mintAgainst(
  tx: Transaction,
  tranche: Address,
  payer: Address,
  receiver: Address,
  assets: bigint,
  shares: bigint,
): void {
  require(assets !== 0n && shares !== 0n, "NothingReceived", assets, shares);
  const room = MOST_SHARES - tx.world.supply(tranche);
  require(shares <= room, "TooManyShares", shares, room);
  mintToken(tx, tranche, receiver, shares);
  tx.emit(tranche, "Deposit", { sender: payer, owner: receiver, assets, shares });
  const { pool } = tx.world.tranche(tranche);
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
  requireExitOpen(tx, tranche, owner, shares);
  burn(tx, tranche, owner, shares);
  tx.emit(tranche, "Withdraw", { sender: caller, receiver, owner, assets, shares });
  payOut(tx, tranche, receiver, assets);
}

/** First-loss shares leave within the window of a request that covers them. */
function requireExitOpen(tx: Transaction, tranche: Address, owner: Address, shares: bigint): void {
  if (tx.world.tranche(tranche).cooldown === 0n) return;
  const { opensAt, closesAt, shares: requested } = tx.world.exitRequest(tranche, owner);
  require(tx.now >= opensAt && tx.now <= closesAt, "OutsideExitWindow", opensAt, closesAt);
  require(shares <= requested, "MoreThanRequested", shares, requested);
}

/** The class's net asset value as those who leave are paid from it. While others wait in the queue, only it and cover are. */
function checkpointNav(tx: Transaction, tranche: Address, owner: Address): bigint {
  const { pool, trancheClass } = tx.world.tranche(tranche);
  tx.requireUnlocked(pool);
  const waits = trancheClass !== TrancheClass.Cover && owner !== tx.world.poolCode(pool).queue?.address;
  const ledger = waits ? checkpointToPay(tx, pool) : checkpoint(tx, pool);
  return exitNav(ledger, trancheClass, tx.world.pool(pool).expectedLoss);
}

/** The first deposit, at the facility's creation, never withdrawn. */
export function seed(tx: Transaction, payer: Address, tranche: Address, assets: bigint): void {
  require(tx.world.supply(tranche) === 0n, "AlreadySeeded");
  enter(tx, tranche, undefined, assets);
  mintAgainst(tx, tranche, payer, NOBODY, assets, toSharesDown(assets, { totalAssets: 0n, totalShares: 0n }));
}

/** Lends `assets`. Returns the shares minted to `receiver`. */
export function deposit(
  tx: Transaction,
  caller: Address,
  { tranche, assets, receiver }: { readonly tranche: Address; readonly assets: bigint; readonly receiver: Address },
): bigint {
  const nav = enter(tx, tranche, receiver, assets);
  const supply = tx.world.supply(tranche);
  require(nav !== 0n, "WipedOut", supply);
  const shares = checked(toSharesDown(assets, totalsOf(tx, tranche, nav)));
  mintAgainst(tx, tranche, caller, receiver, assets, shares);
  return shares;
}

/** What minting `shares` costs now. */
export function previewMint(tx: Transaction, tranche: Address, shares: bigint): bigint {
  tx.requireUnlocked(tx.world.tranche(tranche).pool);
  return checked(toAssetsUp(shares, totalsOf(tx, tranche, entryNavOf(tx.world, tranche, tx.now))));
}

/** Lends what `shares` cost. Returns the assets taken from the caller. */
export function mint(
  tx: Transaction,
  caller: Address,
  { tranche, shares, receiver }: { readonly tranche: Address; readonly shares: bigint; readonly receiver: Address },
): bigint {
  const assets = previewMint(tx, tranche, shares);
  const nav = enter(tx, tranche, receiver, assets);
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
  const nav = checkpointNav(tx, args.tranche, args.owner);
  const shares = checked(toSharesUp(args.assets, totalsOf(tx, args.tranche, nav)));
  leave(tx, caller, args.tranche, args, args.assets, shares);
  return shares;
}

/** Starts the cooldown for `shares` of the caller, instead of any request before; 0 takes it back. */
export function requestExit(
  tx: Transaction,
  caller: Address,
  { tranche, shares }: { readonly tranche: Address; readonly shares: bigint },
): void {
  const { cooldown, window } = tx.world.tranche(tranche);
  require(cooldown !== 0n, "LeavesAtOnce");
  const owned = tx.world.balance(tranche, caller);
  require(shares <= owned, "ERC20InsufficientBalance", caller, owned, shares);
  const opensAt = tx.now + cooldown;
  tx.emit(tranche, "ExitRequested", { owner: caller, shares, opensAt, closesAt: opensAt + window });
}

/** Burns `shares`. Returns the assets sent. */
export function redeem(tx: Transaction, caller: Address, args: LeaveArguments & { readonly shares: bigint }): bigint {
  const nav = checkpointNav(tx, args.tranche, args.owner);
  const assets = checked(toAssetsDown(args.shares, totalsOf(tx, args.tranche, nav)));
  leave(tx, caller, args.tranche, args, assets, args.shares);
  return assets;
}
