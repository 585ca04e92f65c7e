import { minOf, mulDivDown, mulDivUp, subtractOrZero } from "../../math.js";
import { require } from "../../refusal.js";
import { toAssetsDown, toSharesDown } from "../../shares.js";
import { TrancheClass, exitNav } from "../../waterfall.js";
import { type Address, ZERO_ADDRESS } from "../address.js";
import { ledgerAt } from "../pool.js";
import type { QueueBook, RedemptionRequest } from "../queueBook.js";
import { approve, spendAllowance, transfer, transferFrom } from "../token.js";
import type { Transaction } from "../transaction.js";
import { castTo, checked } from "../uint.js";
import { deposit, mint, previewMint, redeem } from "./lend.js";

// Senior lenders who wait for cash (ERC-7540).

interface Place {
  readonly queue: Address;
  readonly pool: Address;
  readonly tranche: Address;
  readonly asset: Address;
  /** Least shares that can wait, and least that are served at a time. */
  readonly leastShares: bigint;
  readonly book: QueueBook;
}

function placeOf({ world }: Transaction, queue: Address): Place {
  const { pool, leastShares, book } = world.queue(queue);
  const { senior: tranche, asset } = world.poolCode(pool);
  return { queue, pool, tranche, asset, leastShares, book };
}

/** `operator` may, or may no longer, act for the caller. */
export function setOperator(
  tx: Transaction,
  caller: Address,
  { queue, operator, approved }: { readonly queue: Address; readonly operator: Address; readonly approved: boolean },
): void {
  tx.emit(queue, "OperatorSet", { controller: caller, operator, approved });
}

/** Puts senior shares in, to be turned into cash: at once where nobody waits and there is enough. Returns the request's number. */
export function requestRedeem(
  tx: Transaction,
  caller: Address,
  args: { readonly queue: Address; readonly shares: bigint; readonly controller: Address; readonly owner: Address },
): bigint {
  const { queue, shares, controller, owner } = args;
  const place = placeOf(tx, queue);
  const { pool, tranche, book, leastShares } = place;
  require(shares !== 0n, "ZeroAmount");
  require(controller !== ZERO_ADDRESS, "NotController", caller, controller);
  if (caller !== owner && !book.isOperator(owner, caller)) spendAllowance(tx, tranche, owner, caller, shares);
  transfer(tx, tranche, owner, queue, shares);
  const { waiting } = book;
  const endOfLine = checked(book.line.queuedTo + shares);
  const requestId = book.line.requests + 1n;
  const atOnce = waiting === 0n && leavingShares(tx, place) >= shares;
  tx.emit(queue, "RedeemRequest", { controller, owner, requestId, sender: caller, shares });
  if (atOnce) {
    redeem(tx, queue, { tranche, shares, receiver: queue, owner: queue });
    return requestId;
  }
  require(shares >= leastShares, "RequestTooSmall", shares, leastShares);
  castTo(128n, endOfLine);
  if (waiting !== 0n) return requestId;
  sayQueued(tx, pool, true);
  serveUpTo(tx, place, shares);
  return requestId;
}

/** Turns at most `maxShares` of those that wait into cash, in their order, as far as the pool has any. Anyone may. */
export function serve(
  tx: Transaction,
  { queue, maxShares }: { readonly queue: Address; readonly maxShares: bigint },
): { shares: bigint; assets: bigint } {
  const place = placeOf(tx, queue);
  const served = serveUpTo(tx, place, maxShares);
  tx.requireUnlocked(place.pool);
  const { cash } = ledgerAt(tx.world, place.pool, tx.now);
  require(served.shares !== 0n, "NothingToServe", place.book.waiting, cash);
  return served;
}

interface ClaimArguments {
  readonly queue: Address;
  readonly receiver: Address;
}

/** Claims for `shares` of the controller's oldest request. Returns the assets sent. */
export function redeemFromQueue(
  tx: Transaction,
  caller: Address,
  args: ClaimArguments & { readonly shares: bigint; readonly controller: Address },
): bigint {
  const { shares } = args;
  const [id, request] = oldest(tx, caller, args);
  const most = request.settledTo - request.claimedTo;
  require(shares !== 0n, "ZeroAmount");
  require(shares <= most, "MoreThanClaimable", shares, most);
  const assets = mulDivDown(request.assets, shares, most);
  pay(tx, caller, args, id, request, shares, assets);
  return assets;
}

/** Claims `assets` of the controller's oldest request. Returns the shares they stand for. */
export function withdrawFromQueue(
  tx: Transaction,
  caller: Address,
  args: ClaimArguments & { readonly assets: bigint; readonly controller: Address },
): bigint {
  const { assets } = args;
  const [id, request] = oldest(tx, caller, args);
  require(assets !== 0n, "ZeroAmount");
  require(assets <= request.assets, "MoreThanClaimable", assets, request.assets);
  const shares = mulDivUp(assets, request.settledTo - request.claimedTo, request.assets);
  pay(tx, caller, args, id, request, shares, assets);
  return shares;
}

/** Claims all that was served of one request. */
export function claim(
  tx: Transaction,
  caller: Address,
  args: ClaimArguments & { readonly requestId: bigint },
): { shares: bigint; assets: bigint } {
  const { book } = placeOf(tx, args.queue);
  const request = book.settled(args.requestId);
  requireController(book, caller, request.controller);
  const shares = request.settledTo - request.claimedTo;
  require(shares !== 0n, "MoreThanClaimable", 1n, 0n);
  pay(tx, caller, args, args.requestId, request, shares, request.assets);
  return { shares, assets: request.assets };
}

/** Lends through the queue, as the tranche does it. Returns the shares minted to `receiver`. */
export function depositThroughQueue(
  tx: Transaction,
  caller: Address,
  { queue, assets, receiver }: ClaimArguments & { readonly assets: bigint },
): bigint {
  const place = placeOf(tx, queue);
  pull(tx, place, caller, assets);
  const shares = deposit(tx, queue, { tranche: place.tranche, assets, receiver });
  tx.emit(queue, "Deposit", { sender: caller, owner: receiver, assets, shares });
  return shares;
}

/** Lends what `shares` cost. Returns the assets taken from the caller. */
export function mintThroughQueue(
  tx: Transaction,
  caller: Address,
  { queue, shares, receiver }: ClaimArguments & { readonly shares: bigint },
): bigint {
  const place = placeOf(tx, queue);
  const assets = previewMint(tx, place.tranche, shares);
  pull(tx, place, caller, assets);
  mint(tx, queue, { tranche: place.tranche, shares, receiver });
  tx.emit(queue, "Deposit", { sender: caller, owner: receiver, assets, shares });
  return assets;
}

// ---- inside ----

/** Shares in the queue's hands that the pool would pay for now; none while an action is half done. */
function leavingShares(tx: Transaction, { queue, pool, tranche }: Place): bigint {
  if (tx.isLocked(pool)) return 0n;
  const { cash } = ledgerAt(tx.world, pool, tx.now);
  const totals = totalsNow(tx, pool, tranche);
  const shares = minOf(tx.world.balance(tranche, queue), toSharesDown(cash, totals));
  return toAssetsDown(shares, totals) === 0n ? 0n : shares;
}

function totalsNow({ world, now }: Transaction, pool: Address, tranche: Address) {
  const nav = exitNav(ledgerAt(world, pool, now), TrancheClass.Senior, world.pool(pool).expectedLoss);
  return { totalAssets: nav, totalShares: world.supply(tranche) };
}

/** Neither serves less than the least, nor leaves less. */
function serveUpTo(tx: Transaction, place: Place, maxShares: bigint): { shares: bigint; assets: bigint } {
  const { queue, pool, tranche, book, leastShares } = place;
  const { waiting } = book;
  let shares = minOf(minOf(maxShares, waiting), leavingShares(tx, place));
  if (shares < waiting) shares = minOf(shares, subtractOrZero(waiting, leastShares));
  if (shares < leastShares || toAssetsDown(shares, totalsNow(tx, pool, tranche)) === 0n)
    return { shares: 0n, assets: 0n };
  const assets = redeem(tx, queue, { tranche, shares, receiver: queue, owner: queue });
  tx.emit(queue, "Served", { shares, assets, waiting: waiting - shares });
  if (shares === waiting) sayQueued(tx, pool, false);
  return { shares, assets };
}

function sayQueued(tx: Transaction, pool: Address, queued: boolean): void {
  tx.requireUnlocked(pool);
  tx.emit(pool, "RedemptionsQueued", { queued });
}

function requireController(book: QueueBook, caller: Address, controller: Address): void {
  require(caller === controller || book.isOperator(controller, caller), "NotController", caller, controller);
}

function oldest(
  tx: Transaction,
  caller: Address,
  { queue, controller }: { readonly queue: Address; readonly controller: Address },
): [id: bigint, RedemptionRequest] {
  const { book } = placeOf(tx, queue);
  requireController(book, caller, controller);
  const { first } = book.requestsOf(controller);
  return [first, book.settled(first)];
}

function pay(
  tx: Transaction,
  caller: Address,
  { queue, receiver }: ClaimArguments,
  requestId: bigint,
  { controller }: RedemptionRequest,
  shares: bigint,
  assets: bigint,
): void {
  tx.emit(queue, "Claimed", { requestId, shares, assets });
  tx.emit(queue, "Withdraw", { sender: caller, receiver, owner: controller, assets, shares });
  if (assets !== 0n) transfer(tx, placeOf(tx, queue).asset, queue, receiver, assets);
}

function pull(tx: Transaction, { queue, tranche, asset }: Place, from: Address, assets: bigint): void {
  transferFrom(tx, asset, queue, from, queue, assets);
  approve(tx, asset, queue, tranche, assets);
}
