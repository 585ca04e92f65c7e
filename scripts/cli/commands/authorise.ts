import { planAuthorise, planBringAuthorisation } from "../../../sdk/client/actions/index.js";
import { parseAmount } from "../../../sdk/client/amounts.js";
import {
  type ActionName,
  type Authorisation,
  NO_LIMIT,
  describeAuthorisation,
  readAuthorisation,
  signAuthorisation,
} from "../../../sdk/client/authorisation.js";
import { type Facility, facilityOf } from "../../../sdk/client/facility.js";
import { joined } from "../arguments.js";
import { confirmed } from "../ask.js";
import { execute } from "../execute.js";
import { UsageError } from "../exitCodes.js";
import { toJson } from "../output.js";
import { type Session, addressArgument, secondsArgument } from "../session.js";
import { readSigned } from "../signedFile.js";
import type { Token } from "../../../sdk/client/token.js";

export interface GrantOptions {
  readonly facility: string;
  readonly actions: string;
  readonly expires: string;
  readonly cashLimit?: readonly string[];
  readonly collateralLimit?: readonly string[];
  readonly deadline: string;
}

const NAMES: Readonly<Record<string, ActionName>> = {
  draw: "draw",
  withdraw: "withdraw",
  close: "close",
  transfer: "transfer",
  "roll-over": "rollOver",
};

function actionsOf(text: string): ActionName[] {
  return text.split(",").map((word) => {
    const action = NAMES[word.trim().toLowerCase()];
    if (action === undefined) {
      throw new UsageError(`"${word}" is no action to authorise: they are ${Object.keys(NAMES).join(", ")}`);
    }
    return action;
  });
}

function limitOf(words: readonly string[] | undefined, token: Token, what: string, needed: boolean): bigint {
  if (words === undefined) {
    if (needed) throw new UsageError(`these actions need a limit: ${what} <amount>, or ${what} unlimited`);
    return 0n;
  }
  return joined(words).toLowerCase() === "unlimited" ? NO_LIMIT : parseAmount(joined(words), token);
}

async function nowOf({ client }: Session): Promise<bigint> {
  return BigInt((await client.provider.getBlock("latest"))?.timestamp ?? 0);
}

async function grantOf(session: Session, facility: Facility, options: GrantOptions): Promise<Authorisation> {
  const actions = actionsOf(options.actions);
  const takesCollateral = actions.includes("withdraw") || actions.includes("close");
  return {
    actions,
    expiresAt: (await nowOf(session)) + secondsArgument(options.expires, "--expires"),
    cashLimit: limitOf(options.cashLimit, facility.loan, "--cash-limit", actions.includes("draw")),
    collateralLimit: limitOf(options.collateralLimit, facility.collateral, "--collateral-limit", takesCollateral),
  };
}

/** By the owner's transaction. */
export async function grant(session: Session, operator: string, options: GrantOptions): Promise<void> {
  const { client } = session;
  const facility = facilityOf(client.deployment, options.facility);
  const plan = planAuthorise(client, {
    from: session.requireAddress(),
    facility: facility.id,
    operator: addressArgument(operator, "the operator"),
    authorisation: await grantOf(session, facility, options),
  });
  await execute(session, plan);
}

export async function revoke(session: Session, operator: string, options: { facility: string }): Promise<void> {
  const plan = planAuthorise(session.client, {
    from: session.requireAddress(),
    facility: options.facility,
    operator: addressArgument(operator, "the operator"),
    authorisation: { actions: [], expiresAt: 0n, cashLimit: 0n, collateralLimit: 0n },
  });
  await execute(session, plan);
}

/** By the owner's signature, which the operator brings; nothing is sent. */
export async function sign(session: Session, operatorText: string, options: GrantOptions): Promise<void> {
  const { client, output } = session;
  const facility = facilityOf(client.deployment, options.facility);
  const operator = addressArgument(operatorText, "the operator");
  const authorisation = await grantOf(session, facility, options);
  const deadline = (await nowOf(session)) + secondsArgument(options.deadline, "--deadline");
  output.message(`This lets ${operator} ${describeAuthorisation(facility, authorisation)}.`);
  if (session.options.dryRun === true) {
    output.data(
      { dryRun: true, operator, facility: facility.id, ...authorisation, deadline },
      () => "Nothing was signed.",
    );
    return;
  }
  await confirmed(session.terminal, "sign", session.options.yes === true);
  const signer = await session.signer(session.requireAddress());
  const signed = await signAuthorisation(client, signer, facility.id, operator, authorisation, deadline);
  // It is JSON either way: a file for the operator.
  output.data(signed, () => toJson(signed));
}

export async function bring(session: Session, file: string): Promise<void> {
  const plan = planBringAuthorisation(session.client, { from: session.requireAddress(), signed: readSigned(file) });
  await execute(session, plan);
}

export async function show(
  session: Session,
  operatorText: string,
  options: { facility: string; owner?: string },
): Promise<void> {
  const { client, output } = session;
  const facility = facilityOf(client.deployment, options.facility);
  const operator = addressArgument(operatorText, "the operator");
  const owner = options.owner === undefined ? session.requireAddress() : addressArgument(options.owner, "--owner");
  const given = await readAuthorisation(client, owner, facility.id, operator);
  const hasEnded = given.actions.length > 0 && given.expiresAt < (await nowOf(session));
  output.data({ owner, operator, facility: facility.id, ...given, hasEnded }, () =>
    given.actions.length === 0
      ? `${operator} may do nothing for ${owner} in facility ${facility.id}.`
      : `${operator} ${hasEnded ? "could" : "may"} ${describeAuthorisation(facility, given)} for ${owner}.`,
  );
}
