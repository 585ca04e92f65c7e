import { planOpen, planOpenTerm } from "../../../sdk/client/actions/index.js";
import { parsePositiveAmount } from "../../../sdk/client/amounts.js";
import { facilityOf } from "../../../sdk/client/facility.js";
import { amountOrMost, joined } from "../arguments.js";
import { execute } from "../execute.js";
import { UsageError } from "../exitCodes.js";
import { type Session, addressArgument } from "../session.js";
import { type TermOptions, termRequest } from "./term.js";

export interface OpenOptions extends Partial<TermOptions> {
  readonly facility: string;
  readonly collateral: readonly string[];
  readonly borrow: readonly string[];
  readonly salt?: string;
  readonly receiver?: string;
}

export async function open(session: Session, options: OpenOptions): Promise<void> {
  const { client } = session;
  const facility = facilityOf(client.deployment, options.facility);
  if (options.salt !== undefined && !/^\d{1,20}$/.test(options.salt)) {
    throw new UsageError(`--salt "${options.salt}" is no number`);
  }
  const request = {
    from: session.requireAddress(),
    facility: facility.id,
    collateral: parsePositiveAmount(joined(options.collateral), facility.collateral),
    principal: amountOrMost(options.borrow, facility.loan),
    ...(options.salt === undefined ? {} : { salt: BigInt(options.salt) }),
    ...(options.receiver === undefined ? {} : { receiver: addressArgument(options.receiver, "--receiver") }),
  };
  const { term, maxRate, within, agreement } = options;
  if (term === undefined) {
    if ((maxRate ?? within ?? agreement) !== undefined) {
      throw new UsageError("--max-rate, --within and --agreement are for term loans: name a term sheet with --term");
    }
    return execute(session, await planOpen(client, request));
  }
  const terms = await termRequest(session, { ...options, term });
  return execute(session, await planOpenTerm(client, { ...request, ...terms }));
}
