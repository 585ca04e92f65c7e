import { getAddress } from "ethers";
import { formatCash, formatTime } from "../amounts.js";
import { type Client, loansOf } from "../client.js";
import { readTermLoan } from "../termLoan.js";
import type { Plan } from "./plan.js";
import { ImpossibleAction, named, outlookNow, situationOf } from "./situation.js";

interface MarkRequest {
  /** Anybody. */
  readonly from: string;
  readonly id: bigint;
}

/** Says what loss lenders must expect of a loan at the live price; lenders leave at a price that counts it. */
export async function planMark(client: Client, request: MarkRequest): Promise<Plan> {
  const from = getAddress(request.from);
  const { loan, facility } = await situationOf(client, request.id);
  const manager = loansOf(client, facility.id);
  const marked = await manager.read(client.provider, "markOf", [loan.id]);
  return {
    action: "mark",
    summary: `marks the loss to expect of ${named(loan)} at today's price (so far ${formatCash(marked, facility.loan, "up")})`,
    facility,
    loanId: loan.id,
    transaction: { from, to: manager.address, data: manager.encode("mark", [loan.id]) },
    before: [],
    needs: [],
    now: outlookNow({ loan, facility }),
    context: { facility },
  };
}

/** Says that a term loan is in default: all of it is due until what is overdue is paid. */
export async function planMarkDefault(client: Client, request: MarkRequest): Promise<Plan> {
  const from = getAddress(request.from);
  const { loan, facility } = await situationOf(client, request.id);
  const term = await readTermLoan(client, request.id);
  const block = await client.provider.getBlock("latest");
  if (term.defaultMarkedAt !== undefined) {
    throw new ImpossibleAction(`${named(loan)} was marked as in default on ${formatTime(term.defaultMarkedAt)}`);
  }
  if (term.defaultsAfter === undefined) {
    throw new ImpossibleAction(`${named(loan)} is not in default: nothing of it is overdue`);
  }
  if (BigInt(block?.timestamp ?? 0) <= term.defaultsAfter) {
    throw new ImpossibleAction(
      `${named(loan)} is late, but not in default before ${formatTime(term.defaultsAfter + 1n)}: ${formatCash(term.dueNow, facility.loan, "up")} may be paid until then`,
    );
  }
  const { termManager } = client;
  return {
    action: "mark default",
    summary: `marks ${named(loan)} as in default since ${formatTime(term.defaultsAfter + 1n)}: all its debt, ${formatCash(term.debt, facility.loan, "up")}, is due until ${formatCash(term.dueNow, facility.loan, "up")} is paid`,
    facility,
    loanId: loan.id,
    transaction: { from, to: termManager.address, data: termManager.encode("markDefault", [loan.id]) },
    before: [],
    needs: [],
    now: outlookNow({ loan, facility }),
    context: { facility },
  };
}
