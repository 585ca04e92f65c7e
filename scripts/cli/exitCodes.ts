import { CommanderError } from "commander";
import { ImpossibleAction } from "../../sdk/client/actions/index.js";
import { InvalidAmount } from "../../sdk/client/amounts.js";
import { ForeignSignature } from "../../sdk/client/authorisation.js";
import { NoSuchBlock } from "../../sdk/client/capital.js";
import { NotDeployed, WrongNetwork } from "../../sdk/client/client.js";
import { ClientError, InvalidDeployment } from "../../sdk/client/errors.js";
import { ContractRefused, refusalOf } from "../../sdk/client/explain.js";
import { UnknownFacility } from "../../sdk/client/facility.js";
import { InvalidLoanId } from "../../sdk/client/loanIds.js";
import { NoSuchLoan } from "../../sdk/client/loanState.js";
import { NoTermLoan } from "../../sdk/client/termLoan.js";
import { NeedNotMet } from "../../sdk/client/needs.js";
import { NodeUnreachable, TooLittleEther, networkFault } from "../../sdk/client/network.js";
import { NoProtectionOrders } from "../../sdk/client/orders.js";
import { NotConfirmed, TransactionFailed } from "../../sdk/client/send.js";
import { NoSuchTranche } from "../../sdk/client/tranches.js";
import { UnexpectedAnswer } from "../../sdk/client/typedContract.js";

/** What a command ends with; scripts may rely on them. */
export const EXIT = {
  ok: 0,
  refused: 1,
  usage: 2,
  network: 3,
  cancelled: 4,
  notConfirmed: 5,
  alert: 6,
  fault: 70,
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  refused: by a contract, or because account or loan do not have what it takes
  2  not understood: options, amounts, ids, keys, the deployment file, or no --yes where nobody can be asked
  3  network: no answer, another chain, or another deployment
  4  cancelled
  5  sent, but not confirmed in time: it may still be mined
  6  watch --once: a loan's health is below the highest warning
  70 a fault of this program`;

/** A command line that cannot be meant. */
export class UsageError extends ClientError {}

/** The person said no. */
export class Cancelled extends ClientError {}

const USAGE = [
  UsageError,
  InvalidAmount,
  InvalidLoanId,
  NoSuchBlock,
  NoSuchTranche,
  UnknownFacility,
  InvalidDeployment,
  ForeignSignature,
  NoTermLoan,
];
const REFUSED = [
  ContractRefused,
  ImpossibleAction,
  NeedNotMet,
  NoProtectionOrders,
  NoSuchLoan,
  TooLittleEther,
  TransactionFailed,
];
const NETWORK = [NodeUnreachable, WrongNetwork, NotDeployed, UnexpectedAnswer];

const isOneOf = (error: unknown, classes: readonly (abstract new (...args: never[]) => unknown)[]): boolean =>
  classes.some((type) => error instanceof type);

/** What to say of an error, and what to end with. */
export function verdictOf(error: unknown, node: string): { message: string; code: number } {
  // Commander has said what it has to say.
  if (error instanceof CommanderError) return { message: "", code: error.exitCode === 0 ? EXIT.ok : EXIT.usage };
  // Inquirer's way of saying that somebody pressed Ctrl-C.
  if (error instanceof Error && error.name === "ExitPromptError") return { message: "cancelled", code: EXIT.cancelled };
  const known = refusalOf(error, "this", {}) ?? networkFault(error, node);
  if (known === undefined) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { message: `unexpected: ${text}`, code: EXIT.fault };
  }
  if (known instanceof Cancelled) return { message: known.message, code: EXIT.cancelled };
  if (known instanceof NotConfirmed) return { message: known.message, code: EXIT.notConfirmed };
  if (isOneOf(known, USAGE)) return { message: known.message, code: EXIT.usage };
  if (isOneOf(known, REFUSED)) return { message: known.message, code: EXIT.refused };
  if (isOneOf(known, NETWORK)) return { message: known.message, code: EXIT.network };
  return { message: known.message, code: EXIT.fault };
}
