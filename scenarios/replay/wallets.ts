import { Interface, Wallet } from "ethers";
import type { LoanPlan } from "../book/plan.js";
import type { Person, World } from "./world.js";

/** Of what is to be lent out, the share that lenders bring: 85 % of their money will be lent. */
const LENT_SHARE_PERCENT = 85n;
/** How the lenders divide it, in hundredths. */
const LENDER_SHARES = [50n, 30n, 20n];
/** What a borrower owns beside the loan, in hundredths of it, for the interest. */
const SAVINGS_PERCENT = 5n;

const token = new Interface([
  "function transfer(address to, uint256 amount)",
  "function mint(address to, uint256 amount)",
]);

/** Gives everybody what they need before anything begins: lenders their money, borrowers their bitcoin and some savings. */
export async function fillWallets(world: World, book: readonly LoanPlan[]): Promise<void> {
  const { facility, lenders, borrowers, outbox } = world;
  const give = giver(world);
  const principal = book.reduce((sum, loan) => sum + loan.principal, 0n);
  const money = (principal * 100n) / LENT_SHARE_PERCENT;
  for (const [index, lender] of lenders.entries())
    await give("mint", lender, (money * (LENDER_SHARES[index] ?? 0n)) / 100n, facility.loan.address);
  for (const loan of book) {
    const borrower = borrowers[loan.borrower];
    if (!borrower)
      throw new RangeError(`The book has loan ${loan.borrower}, but there are ${borrowers.length} borrowers.`);
    await give("transfer", borrower, loan.collateral, facility.collateral.address);
    await give("mint", borrower, (loan.principal * SAVINGS_PERCENT) / 100n, facility.loan.address);
  }
  await outbox.flush();
}

/** Lets the deployer hand out tokens: from its stock, or new ones. Mined with the next flush. */
export function giver({ devnet, outbox }: World) {
  const deployer = new Wallet(devnet.info.accounts.deployer.privateKey);
  return (call: "transfer" | "mint", to: Person, amount: bigint, asset: string) => {
    const data = token.encodeFunctionData(call, [to.wallet.address, amount]);
    return outbox.put(deployer, { to: asset, data }, `give ${to.name} ${amount}`);
  };
}
