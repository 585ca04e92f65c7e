import { collateralFor } from "../book/plan.js";
import { giver } from "../replay/wallets.js";
import type { World } from "../replay/world.js";
import type { Facilities } from "./facilities.js";
import { LENDERS, type LenderName, type Stakes } from "./lenders.js";
import type { LoanPlan } from "./people.js";

/** What a borrower owns beside the loan, in hundredths of it, for interest and charges. */
const SAVINGS_PERCENT = 40n;
/** Collateral owned, times what the loan takes at the opening price: prices fall, and some add collateral. */
const COLLATERAL_TIMES = 3n;
/** Of all principal that will be asked for in the term facility, what each lender brings, in hundredths. */
const TERM_PERCENT = { saver: 50n, leaver: 30n, junior: 9n, lateJunior: 6n, underwriter: 1n };
/** The same in the revolving one. */
const REVOLVING_PERCENT = 125n;
const MONTHLY_DOLLARS = 1_000n;
/** A year's, and one that has only begun. */
const MONTHS = 13n;
const FEEDS_DECIMALS = 8n;

/**
 * Gives everybody what they need before anything begins: lenders their money, borrowers their bitcoin and some savings.
 * @param price dollars, 8 decimals
 * @returns what each lender is to lend
 */
export async function fillWallets(
  world: World,
  { term }: Facilities,
  plans: readonly LoanPlan[],
  price: bigint,
): Promise<Stakes> {
  const { collateral, loan } = world.facility;
  const give = giver(world);
  const unit = 10n ** BigInt(term.loan.decimals);
  const stakes = stakesFor(plans, MONTHLY_DOLLARS * unit);
  const money: Record<LenderName, bigint> = {
    saver: stakes.revolving.saver + stakes.term.saver + stakes.monthly * MONTHS * 2n,
    leaver: stakes.term.leaver,
    junior: stakes.term.junior,
    "late junior": stakes.term.lateJunior,
    underwriter: stakes.term.underwriter,
  };
  for (const [index, lender] of world.lenders.entries())
    await give("mint", lender, money[LENDERS[index] ?? "saver"], loan.address);
  const priceE36 = (price * unit * 10n ** 36n) / 10n ** (FEEDS_DECIMALS + BigInt(collateral.decimals));
  for (const plan of plans) {
    const borrower = world.borrowers[plan.borrower];
    if (!borrower) throw new RangeError(`There is no borrower ${plan.borrower}.`);
    const bitcoin = collateralFor(plan.principal, plan.ltvBps, priceE36) * COLLATERAL_TIMES;
    await give("transfer", borrower, bitcoin, collateral.address);
    await give("mint", borrower, (plan.principal * SAVINGS_PERCENT) / 100n, loan.address);
  }
  await world.outbox.flush();
  return stakes;
}

function stakesFor(plans: readonly LoanPlan[], monthly: bigint): Stakes {
  const total = (kind: LoanPlan["kind"]) =>
    plans.filter((plan) => plan.kind === kind).reduce((sum, { principal }) => sum + principal, 0n);
  const [term, revolving] = [total("term"), total("revolving")];
  const share = (percent: bigint) => (term * percent) / 100n;
  return {
    revolving: { saver: (revolving * REVOLVING_PERCENT) / 100n },
    term: {
      saver: share(TERM_PERCENT.saver),
      leaver: share(TERM_PERCENT.leaver),
      junior: share(TERM_PERCENT.junior),
      lateJunior: share(TERM_PERCENT.lateJunior),
      underwriter: share(TERM_PERCENT.underwriter),
    },
    monthly,
  };
}
