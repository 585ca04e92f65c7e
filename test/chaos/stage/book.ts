import { Interface, MaxUint256, ZeroHash } from "ethers";
import { collateralFor, planBook } from "../../../scenarios/book/plan.js";
import { carryOut } from "../../../scenarios/replay/plans.js";
import { giver } from "../../../scenarios/replay/wallets.js";
import type { Person, World } from "../../../scenarios/replay/world.js";
import { facilitiesOf } from "../../../scenarios/year/facilities.js";
import { planLend } from "../../../sdk/client/actions/index.js";
import type { FacilityState } from "../../../sdk/client/facilityState.js";
import { encodeLoanId } from "../../../sdk/client/loanIds.js";
import { ChaosError } from "../errors.js";

export interface BookOptions {
  readonly loans: number;
  /** Of a hundred loans, how many are term loans. */
  readonly termPercent: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** A loan that was opened. */
export interface BookLoan {
  readonly id: bigint;
  readonly kind: "revolving" | "term";
  readonly principal: bigint;
  readonly collateral: bigint;
}

interface Planned extends BookLoan {
  readonly owner: Person;
  readonly salt: bigint;
}

const token = new Interface(["function approve(address spender, uint256 amount)"]);
/** Loans of the usual size beyond which all are made smaller, so that the facility's cap holds them. */
const FULL_SIZE_LOANS = 2_000;
/** Openings in one transaction of at most 16,777,215 gas. */
const BATCH = { revolving: 90, term: 60 } as const;
const BATCH_GAS = 16_777_215n;
/** Batches that wait at once: three fit a block. */
const WAITING_BATCHES = 6;
/** Lent of what lenders bring. */
const LENT_PERCENT = 85n;
/** First loss of a term facility, in hundredths of its principal: the capital ratio asks for 10.5. */
const JUNIOR_PERCENT = 25n;

/**
 * Opens a whole book, many loans a transaction, by a few borrowers: the managers take several calls in one.
 * @returns the loans, in the order in which they were planned
 */
export async function openManyLoans(world: World, options: BookOptions): Promise<BookLoan[]> {
  const facilities = await facilitiesOf(world);
  const planned = planLoans(world, facilities, options);
  await lend(world, facilities, planned);
  await approve(world, facilities, planned);
  for (const kind of ["revolving", "term"] as const) await open(world, facilities[kind], planned, kind, options.say);
  return planned.map(({ id, kind, principal, collateral }) => ({ id, kind, principal, collateral }));
}

type Facilities = Awaited<ReturnType<typeof facilitiesOf>>;

function planLoans(world: World, facilities: Facilities, { loans, termPercent, seed }: BookOptions): Planned[] {
  const { revolving } = facilities;
  const { priceE36 } = revolving.borrowPrice;
  if (priceE36 === undefined) throw new ChaosError(`no loan can be opened: ${revolving.borrowPrice.refusal}`);
  const terms = { priceE36, maxLtvBps: Number(revolving.maxLtvBps), loanDecimals: revolving.loan.decimals };
  const scale = BigInt(Math.max(1, Math.ceil(loans / FULL_SIZE_LOANS)));
  return planBook({ loans, seed, ...terms }).map(({ ltvBps, principal: whole, borrower }) => {
    const kind = borrower % 100 < termPercent ? "term" : "revolving";
    const owner = world.borrowers[borrower % world.borrowers.length];
    if (owner === undefined) throw new ChaosError("the world has no borrowers");
    const salt = BigInt(borrower);
    const scaled = whole / scale;
    const principal = scaled > revolving.minDebt ? scaled : revolving.minDebt;
    const id = encodeLoanId({ opener: owner.wallet.address, facility: facilities[kind].id, salt });
    return { id, kind, owner, salt, principal, collateral: collateralFor(principal, ltvBps, priceE36) };
  });
}

async function lend(world: World, { revolving, term }: Facilities, planned: readonly Planned[]): Promise<void> {
  const { client } = world;
  const [lender, junior] = world.lenders;
  if (lender === undefined || junior === undefined) throw new ChaosError("two lenders are needed");
  const total = (kind: BookLoan["kind"]): bigint =>
    planned.filter((loan) => loan.kind === kind).reduce((sum, { principal }) => sum + principal, 0n);
  const senior = (kind: BookLoan["kind"]): bigint => (total(kind) * 100n) / LENT_PERCENT;
  const firstLoss = (total("term") * JUNIOR_PERCENT) / 100n;
  const give = giver(world);
  const asset = revolving.loan.address;
  await give("mint", lender, senior("revolving") + senior("term"), asset);
  await give("mint", junior, firstLoss, asset);
  await world.outbox.flush();

  const deposit = (person: Person, facility: FacilityState, tranche: "senior" | "junior", assets: bigint) =>
    assets === 0n
      ? undefined
      : carryOut(world, [person], ({ wallet }) =>
          planLend(client, { from: wallet.address, facility: facility.id, tranche, assets }),
        );
  await deposit(junior, term, "junior", firstLoss);
  await deposit(lender, term, "senior", senior("term"));
  await deposit(lender, revolving, "senior", senior("revolving"));
}

async function approve(world: World, { revolving, term }: Facilities, planned: readonly Planned[]): Promise<void> {
  const give = giver(world);
  const asset = revolving.collateral.address;
  for (const owner of world.borrowers) {
    const own = planned.filter((loan) => loan.owner === owner);
    await give(
      "transfer",
      owner,
      own.reduce((sum, { collateral }) => sum + collateral, 0n),
      asset,
    );
    for (const { vault } of [revolving, term]) {
      const data = token.encodeFunctionData("approve", [vault, MaxUint256]);
      await world.outbox.put(owner.wallet, { to: asset, data }, `${owner.name} approves`);
    }
  }
  await world.outbox.flush();
}

async function open(
  world: World,
  facility: FacilityState,
  planned: readonly Planned[],
  kind: BookLoan["kind"],
  say: (line: string) => void,
): Promise<void> {
  const manager = kind === "revolving" ? world.client.manager : world.client.termManager;
  const encode = ({ owner, salt, collateral, principal }: Planned): string => {
    const receiver = owner.wallet.address;
    if (kind === "revolving")
      return world.client.manager.encode("open", [BigInt(facility.id), salt, collateral, principal, receiver, "0x"]);
    const opening = {
      ...{ facility: BigInt(facility.id), salt, sheet: 0n, collateral, principal, receiver },
      ...{ maxAnnualRate: 10n ** 18n, deadline: 2n ** 40n, agreement: ZeroHash },
    };
    return world.client.termManager.encode("open", [opening, "0x"]);
  };
  let opened = 0;
  let waiting = 0;
  for (const owner of world.borrowers) {
    const own = planned.filter((loan) => loan.owner === owner && loan.kind === kind);
    for (let from = 0; from < own.length; from += BATCH[kind]) {
      const batch = own.slice(from, from + BATCH[kind]);
      const data = manager.interface.encodeFunctionData("multicall", [batch.map(encode)]);
      const call = { to: manager.address, data, gasLimit: BATCH_GAS };
      await world.outbox.put(owner.wallet, call, `${owner.name} opens ${batch.length} ${kind} loans`);
      opened += batch.length;
      waiting += 1;
      if (waiting < WAITING_BATCHES) continue;
      await world.outbox.flush();
      waiting = 0;
      if (planned.length > FULL_SIZE_LOANS) say(`${opened} ${kind} loans are open`);
    }
  }
  await world.outbox.flush();
}
