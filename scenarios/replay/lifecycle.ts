import { planClose, planLend, planOpen, planRedeem, planWithdraw } from "../../sdk/client/actions/index.js";
import { encodeLoanId } from "../../sdk/client/loanIds.js";
import { readLoans } from "../../sdk/client/loanState.js";
import type { LoanPlan } from "../book/plan.js";
import { carryOut } from "./plans.js";
import type { Person, World } from "./world.js";

/** Every borrower opens one loan, under this salt. */
const SALT = 0n;

export const loanIdOf = ({ facility }: World, borrower: Person): bigint =>
  encodeLoanId({ opener: borrower.wallet.address, facility: facility.id, salt: SALT });

/** All lenders deposit all they have into the senior tranche. */
export async function lendAll(world: World): Promise<void> {
  await carryOut(world, world.lenders, ({ wallet }) =>
    planLend(world.client, { from: wallet.address, facility: world.facility.id, assets: "most" }),
  );
}

/** Opens the whole book. */
export async function openBook(world: World, book: readonly LoanPlan[]): Promise<void> {
  const loanOf = new Map(book.map((loan) => [world.borrowers[loan.borrower], loan]));
  await carryOut(world, [...loanOf.keys()].filter(isPerson), (borrower) => {
    const { collateral, principal } = loanOf.get(borrower)!;
    const from = borrower.wallet.address;
    return planOpen(world.client, { from, facility: world.facility.id, collateral, principal, salt: SALT });
  });
}

/**
 * Ends everything, so that every claim becomes a balance: borrowers pay what they still owe and take their collateral out,
 * those whose debt is gone take their surplus, lenders redeem all shares.
 */
export async function settleAll(world: World): Promise<void> {
  const owners = new Map(world.borrowers.map((borrower) => [loanIdOf(world, borrower), borrower]));
  const loans = await readLoans(world.client, [...owners.keys()]);
  const owning = (isIt: (loan: (typeof loans)[number]) => boolean) =>
    loans
      .filter(isIt)
      .map(({ id }) => owners.get(id))
      .filter(isPerson);

  await carryOut(
    world,
    owning(({ debt }) => debt > 0n),
    (borrower) => planClose(world.client, { from: borrower.wallet.address, id: loanIdOf(world, borrower) }),
  );
  await carryOut(
    world,
    owning(({ debt, collateral }) => debt === 0n && collateral > 0n),
    (borrower) =>
      planWithdraw(world.client, { from: borrower.wallet.address, id: loanIdOf(world, borrower), collateral: "most" }),
  );
  await carryOut(world, world.lenders, ({ wallet }) =>
    planRedeem(world.client, { from: wallet.address, facility: world.facility.id, assets: "most" }),
  );
}

const isPerson = (person: Person | undefined): person is Person => person !== undefined;
