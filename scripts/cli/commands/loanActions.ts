import {
  type Plan,
  planAccept,
  planClose,
  planDraw,
  planOffer,
  planRepay,
  planTopUp,
  planWithdraw,
} from "../../../sdk/client/actions/index.js";
import { parseAmount } from "../../../sdk/client/amounts.js";
import { type Facility, facilityOf } from "../../../sdk/client/facility.js";
import { decodeLoanId } from "../../../sdk/client/loanIds.js";
import { amountOrMost, joined } from "../arguments.js";
import { execute } from "../execute.js";
import { type Session, addressArgument } from "../session.js";
import { readSigned } from "../signedFile.js";

export interface ReceiverOptions {
  readonly receiver?: string;
  /** A file with the owner's signed authorisation. */
  readonly authorisation?: string;
}

export interface AcceptOptions {
  readonly maxDebt?: readonly string[];
  readonly minCollateral?: readonly string[];
}

interface Target {
  readonly from: string;
  readonly id: bigint;
  readonly facility: Facility;
}

function targetOf(session: Session, loan: string): Target {
  const from = session.requireAddress();
  const id = session.loanId(loan, from);
  return { from, id, facility: facilityOf(session.client.deployment, decodeLoanId(id).facility) };
}

function ownerOptions({ receiver, authorisation }: ReceiverOptions) {
  return {
    ...(receiver === undefined ? {} : { receiver: addressArgument(receiver, "--receiver") }),
    ...(authorisation === undefined ? {} : { authorisation: readSigned(authorisation) }),
  };
}

async function run(session: Session, loan: string, plan: (target: Target) => Promise<Plan>): Promise<void> {
  await execute(session, await plan(targetOf(session, loan)));
}

export function draw(session: Session, loan: string, amount: string[], options: ReceiverOptions): Promise<void> {
  return run(session, loan, ({ from, id, facility }) =>
    planDraw(session.client, { from, id, assets: amountOrMost(amount, facility.loan), ...ownerOptions(options) }),
  );
}

export function repay(session: Session, loan: string, amount: string[]): Promise<void> {
  return run(session, loan, ({ from, id, facility }) =>
    planRepay(session.client, { from, id, assets: amountOrMost(amount, facility.loan) }),
  );
}

export function topUp(session: Session, loan: string, amount: string[]): Promise<void> {
  return run(session, loan, ({ from, id, facility }) =>
    planTopUp(session.client, { from, id, collateral: amountOrMost(amount, facility.collateral) }),
  );
}

export function withdraw(session: Session, loan: string, amount: string[], options: ReceiverOptions): Promise<void> {
  return run(session, loan, ({ from, id, facility }) =>
    planWithdraw(session.client, {
      from,
      id,
      collateral: amountOrMost(amount, facility.collateral),
      ...ownerOptions(options),
    }),
  );
}

export function close(session: Session, loan: string, options: ReceiverOptions): Promise<void> {
  return run(session, loan, ({ from, id }) => planClose(session.client, { from, id, ...ownerOptions(options) }));
}

export function offer(session: Session, loan: string, to: string): Promise<void> {
  return run(session, loan, ({ from, id }) =>
    planOffer(session.client, { from, id, newOwner: addressArgument(to, "the new owner") }),
  );
}

export function cancelOffer(session: Session, loan: string): Promise<void> {
  return run(session, loan, ({ from, id }) => planOffer(session.client, { from, id, newOwner: undefined }));
}

export function accept(session: Session, loan: string, options: AcceptOptions): Promise<void> {
  const { maxDebt, minCollateral } = options;
  return run(session, loan, ({ from, id, facility }) =>
    planAccept(session.client, {
      from,
      id,
      ...(maxDebt === undefined ? {} : { maxDebt: parseAmount(joined(maxDebt), facility.loan) }),
      ...(minCollateral === undefined
        ? {}
        : { minCollateral: parseAmount(joined(minCollateral), facility.collateral) }),
    }),
  );
}
