import { ClientError } from "./errors.js";
import { type DecodedRevert, type RevertName, decodeRevert, panicMeaning, revertDataOf } from "./revert.js";
import { governanceSentences } from "./sentences/governance.js";
import { lendingSentences } from "./sentences/lending.js";
import { loanSentences } from "./sentences/loans.js";
import { oracleSentences } from "./sentences/oracles.js";
import { peripherySentences } from "./sentences/periphery.js";
import { type RevertContext, type Sentence, type Sentences, Speaker } from "./sentences/speaker.js";
import { termLoanSentences } from "./sentences/termLoans.js";
import { tokenSentences } from "./sentences/tokens.js";

export type { RevertContext } from "./sentences/speaker.js";

/** A sentence for every error there is: an error without one does not compile. */
const SENTENCES: Sentences<RevertName> = {
  ...loanSentences,
  ...termLoanSentences,
  ...lendingSentences,
  ...tokenSentences,
  ...oracleSentences,
  ...governanceSentences,
  ...peripherySentences,
};

function sentenceOf(revert: DecodedRevert, say: Speaker): string {
  if (revert.name === "Error") return revert.args.message;
  if (revert.name === "Panic") return `the contract stopped at a fault: ${panicMeaning(revert.args.code)}`;
  // One name, its own arguments: TypeScript cannot follow the pair through the table.
  return (SENTENCES[revert.name] as Sentence<RevertName>)(revert.args as never, say);
}

/**
 * What a contract reverted with, in plain words with human amounts and the limit.
 *
 * @example
 * explainRevert(data, { facility }); // "the loan would owe 12,345.67 USDX, but 0.5 WBTC at 60,000.00 USDX supports at most …"
 */
export function explainRevert(data: string, context: RevertContext = {}): string {
  const revert = decodeRevert(data);
  if (revert !== undefined) return sentenceOf(revert, new Speaker(context));
  return data === "0x" ? "the contract refused without saying why" : `the contract refused with unknown data ${data}`;
}

/** A contract said no. The message says why in plain words; `revert` is the error itself. */
export class ContractRefused extends ClientError {
  readonly revert: DecodedRevert | undefined;

  constructor(
    /** What was being done, "to draw". */
    readonly attempt: string,
    readonly data: string,
    context: RevertContext,
    options?: ErrorOptions,
  ) {
    super(`the contracts refuse ${attempt}: ${explainRevert(data, context)}`, options);
    this.revert = decodeRevert(data);
  }
}

/** A refusal out of what a provider threw, or undefined where no contract spoke. */
export function refusalOf(error: unknown, attempt: string, context: RevertContext): ContractRefused | undefined {
  if (error instanceof ContractRefused) return error;
  const data = revertDataOf(error);
  return data === undefined ? undefined : new ContractRefused(attempt, data, context, { cause: error });
}
