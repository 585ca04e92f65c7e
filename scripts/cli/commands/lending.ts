import {
  type AmountOrMost,
  ImpossibleAction,
  NotEnoughCash,
  type Plan,
  planCancelExit,
  planClaim,
  planLend,
  planQueue,
  planRedeem,
  planRequestExit,
  planServe,
} from "../../../sdk/client/actions/index.js";
import { facilityOf } from "../../../sdk/client/facility.js";
import type { TrancheName } from "../../../sdk/client/tranches.js";
import { amountOrMost } from "../arguments.js";
import { execute } from "../execute.js";
import { UsageError } from "../exitCodes.js";
import { type Session, addressArgument } from "../session.js";

export interface TrancheOption {
  readonly tranche: TrancheName;
}

export interface ExitOption {
  readonly tranche: "junior" | "cover";
}

interface Lender {
  readonly from: string;
  readonly facility: number;
  readonly assets: AmountOrMost;
}

function lenderOf(session: Session, facility: string, amount: string[]): Lender {
  const known = facilityOf(session.client.deployment, facility);
  return { from: session.requireAddress(), facility: known.id, assets: amountOrMost(amount, known.loan) };
}

export async function lend(
  session: Session,
  facility: string,
  amount: string[],
  { tranche }: TrancheOption,
): Promise<void> {
  await execute(session, await planLend(session.client, { ...lenderOf(session, facility, amount), tranche }));
}

export async function redeem(
  session: Session,
  facility: string,
  amount: string[],
  { tranche, queue }: TrancheOption & { readonly queue?: true },
): Promise<void> {
  const lender = lenderOf(session, facility, amount);
  if (queue === true && tranche !== "senior") {
    throw new UsageError(`--queue is for senior lenders; ${tranche} leaves by: exit request ${facility} <amount>`);
  }
  const plan = queue === true ? planQueue(session.client, lender) : redemption(session, { ...lender, tranche });
  await execute(session, await plan);
}

async function redemption(session: Session, lender: Lender & TrancheOption): Promise<Plan> {
  try {
    return await planRedeem(session.client, lender);
  } catch (error) {
    if (!(error instanceof NotEnoughCash)) throw error;
    throw new ImpossibleAction(`${error.message}; with --queue you wait in line for it`, { cause: error });
  }
}

export async function requestExit(
  session: Session,
  facility: string,
  amount: string[],
  { tranche }: ExitOption,
): Promise<void> {
  await execute(session, await planRequestExit(session.client, { ...lenderOf(session, facility, amount), tranche }));
}

export async function cancelExit(session: Session, facility: string, { tranche }: ExitOption): Promise<void> {
  const from = session.requireAddress();
  await execute(session, await planCancelExit(session.client, { from, facility, tranche }));
}

export async function claim(
  session: Session,
  facility: string,
  options: { readonly request?: string; readonly receiver?: string },
): Promise<void> {
  const { request, receiver } = options;
  if (request !== undefined && !/^\d{1,15}$/.test(request)) throw new UsageError(`--request "${request}" is no number`);
  const plan = await planClaim(session.client, {
    from: session.requireAddress(),
    facility,
    ...(request === undefined ? {} : { id: BigInt(request) }),
    ...(receiver === undefined ? {} : { receiver: addressArgument(receiver, "--receiver") }),
  });
  await execute(session, plan);
}

export async function serve(session: Session, facility: string): Promise<void> {
  await execute(session, await planServe(session.client, { from: session.requireAddress(), facility }));
}
