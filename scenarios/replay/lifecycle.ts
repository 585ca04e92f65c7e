import { planClose, planLend, planOpen, planRedeem, planWithdraw } from "../../sdk/client/actions/index.js";
import { encodeLoanId } from "../../sdk/client/loanIds.js";
import { readLoans, type LoanState } from "../../sdk/client/loanState.js";
import type { Plan } from "../../sdk/client/actions/plan.js";
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

/** Ends everything, so that every claim becomes a balance: all loans, and then lenders redeem all shares. */
export async function settleAll(world: World): Promise<void> {
  await settleLoans(world, new Map(world.borrowers.map((borrower) => [loanIdOf(world, borrower), borrower])));
  await carryOut(world, world.lenders, ({ wallet }) =>
    planRedeem(world.client, { from: wallet.address, facility: world.facility.id, assets: "most" }),
  );
}

/** Borrowers pay what they still owe and take their collateral out, those whose debt is gone take their surplus. */
export async function settleLoans(world: World, owners: ReadonlyMap<bigint, Person>): Promise<void> {
  const loans = await readLoans(world.client, [...owners.keys()]);
  const settle = (isIt: (loan: LoanState) => boolean, plan: (from: string, id: bigint) => Promise<Plan>) => {
    const ids = new Map<Person, bigint>();
    for (const loan of loans.filter(isIt)) {
      const owner = owners.get(loan.id);
      if (owner) ids.set(owner, loan.id);
    }
    return carryOut(world, [...ids.keys()], (person) => plan(person.wallet.address, ids.get(person) ?? 0n));
  };
  const { client } = world;
  await settle(
    ({ debt }) => debt > 0n,
    (from, id) => planClose(client, { from, id }),
  );
  await settle(
    ({ debt, collateral }) => debt === 0n && collateral > 0n,
    (from, id) => planWithdraw(client, { from, id, collateral: "most" }),
  );
}

const isPerson = (person: Person | undefined): person is Person => person !== undefined;
