import { Command, Option } from "commander";
import { DEFAULT_DEPLOYMENT_FILE } from "../../sdk/client/deploymentFile.js";
import * as authorise from "./commands/authorise.js";
import { facilities } from "./commands/facilities.js";
import { type FaucetOptions, faucet } from "./commands/faucet.js";
import {
  type AcceptOptions,
  type ReceiverOptions,
  accept,
  cancelOffer,
  close,
  draw,
  offer,
  repay,
  topUp,
  withdraw,
} from "./commands/loanActions.js";
import { type OpenOptions, open } from "./commands/open.js";
import { type QuoteOptions, quote } from "./commands/quote.js";
import { status } from "./commands/status.js";
import { type WatchOptions, watch } from "./commands/watch.js";
import { AMOUNT, LOAN, type Runner } from "./programs/common.js";
import { termCommands, withTermOptions } from "./programs/term.js";
import { EXIT_CODES_HELP } from "./exitCodes.js";
import { lendingCommands } from "./programs/lending.js";
import { protectionCommands } from "./programs/protect.js";
import { type GlobalOptions, Session } from "./session.js";
import type { Terminal } from "./terminal.js";

const EXAMPLES = `
Examples:
  npm run -s ballast -- quote --facility 1 --collateral 0.5
  npm run -s ballast -- open --facility 1 --collateral 0.5 --borrow 10000 --keystore key.json
  npm run -s ballast -- status --owner 0x… --json
  npm run -s ballast -- repay 1:0 all --key-file key --yes
  npm run -s ballast -- open --facility 1000001 --term 0 --collateral 0.5 --borrow 10000
  npm run -s ballast -- schedule 1000001:0 --ics due-dates.ics
`;

function globalOptions(program: Command): void {
  program
    .addOption(new Option("--rpc <url>", "node to use (default: the one the deployment names)").env("BALLAST_RPC"))
    .addOption(
      new Option("--deployment <file>", "what is deployed where")
        .env("BALLAST_DEPLOYMENT")
        .default(DEFAULT_DEPLOYMENT_FILE),
    )
    .option("--json", "data as JSON on stdout; messages go to stderr")
    .option("--dry-run", "simulate and price it; send nothing")
    .option("--yes", "do not ask")
    .option("--permit", "approve by signature within the action's transaction, where the token can")
    .addOption(new Option("--keystore <file>", "encrypted key; its password is asked for").env("BALLAST_KEYSTORE"))
    .addOption(new Option("--password-file <file>", "the keystore's password").env("BALLAST_PASSWORD_FILE"))
    .addOption(new Option("--key-file <file>", "plain key in a file that only you can read").env("BALLAST_KEY_FILE"))
    .option("--from <address>", "who acts, where nothing is to be signed")
    .option("--timeout <seconds>", "how long to wait for a transaction", "120");
}

/** @param exit receives what the command ends with */
export function buildProgram(terminal: Terminal, exit: (code: number) => void): Command {
  const program = new Command("ballast")
    .description("Loans against Bitcoin on an OP-Stack rollup.")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(--help says more)")
    .addHelpText("after", `${EXAMPLES}${EXIT_CODES_HELP}`)
    .configureOutput({
      writeOut: (text) => terminal.writeOut(text),
      writeErr: (text) => terminal.writeError(text),
    })
    .exitOverride();
  globalOptions(program);
  const run: Runner = async (action) => {
    const session = await Session.open(program.opts<GlobalOptions>(), terminal);
    try {
      exit((await action(session)) ?? 0);
    } finally {
      session.close();
    }
  };
  readingCommands(program, run);
  loanCommands(program, run);
  termCommands(program, run);
  transferCommands(program, run);
  lendingCommands(program, run);
  protectionCommands(program, run);
  authorisationCommands(program, run);
  devnetCommands(program, run);
  return program;
}

function readingCommands(program: Command, run: Runner): void {
  program
    .command("facilities")
    .description("what can be borrowed against what, at which rate")
    .action(() => run(facilities));
  program
    .command("quote")
    .description("what a loan would look like: most that can be borrowed, rate, liquidation price")
    .requiredOption("--facility <number or name>", "which facility")
    .requiredOption("--collateral <amount...>", `collateral to put in, ${AMOUNT}`)
    .option("--borrow <amount...>", "cash to borrow (default: the most there is)")
    .option("--owner <address>", "for whom, where the facility does not lend to everybody")
    .action((options: QuoteOptions) => run((session) => quote(session, options)));
  program
    .command("status")
    .description("how loans stand: one, or all of an owner")
    .argument("[loan]", LOAN)
    .option("--owner <address>", "whose loans (default: the key's)")
    .action((loan: string | undefined, options: { owner?: string }) =>
      run((session) => status(session, loan, options)),
    );
  program
    .command("watch")
    .description("say when a loan's health falls, until Ctrl-C")
    .argument("[loans...]", LOAN)
    .option("--owner <address>", "all loans of this owner (default: the key's)")
    .option("--warn <health factors>", "levels to warn at", "1.3,1.15,1.05")
    .option("--interval <time>", "how often to look", "5s")
    .option("--once", "look once; exit code 6 if a loan is below the highest level")
    .action((loans: string[], options: WatchOptions) => run((session) => watch(session, loans, options)));
}

function devnetCommands(program: Command, run: Runner): void {
  program
    .command("faucet")
    .description("tokens for an account on a local devnet")
    .argument("[account]", "its address (default: the key's)")
    .option("--collateral <amount...>", "wrapped BTC to give", "2")
    .option("--cash <amount...>", "dollars to give", "10000")
    .option("--devnet <file>", "what the running devnet wrote", "out/devnet.json")
    .action((account: string | undefined, options: FaucetOptions) => run((s) => faucet(s, account, options)));
}

function loanCommands(program: Command, run: Runner): void {
  const opening = program
    .command("open")
    .description("open a loan: put collateral in and borrow")
    .requiredOption("--facility <number or name>", "which facility")
    .requiredOption("--collateral <amount...>", `collateral to put in, ${AMOUNT}`)
    .requiredOption("--borrow <amount...>", "cash to borrow, or max")
    .option("--salt <number>", "of the loan's id (default: the next you have never used)")
    .option("--receiver <address>", "who receives the cash (default: you)")
    .option("--term <number>", "in a term facility: which of its term sheets (see terms)");
  withTermOptions(opening).action((options: OpenOptions) => run((session) => open(session, options)));
  onLoan(program, "draw", "borrow more", "cash to draw, or max")
    .option("--receiver <address>", "who receives the cash (default: you)")
    .option("--authorisation <file>", "the owner's signed authorisation, brought in the same transaction")
    .action((loan: string, amount: string[], o: ReceiverOptions) => run((s) => draw(s, loan, amount, o)));
  onLoan(program, "repay", "pay a debt, anybody's; the collateral stays in the loan", "cash to pay, or all").action(
    (loan: string, amount: string[]) => run((s) => repay(s, loan, amount)),
  );
  onLoan(program, "top-up", "add collateral to a loan, anybody's", "collateral to add, or all you hold").action(
    (loan: string, amount: string[]) => run((s) => topUp(s, loan, amount)),
  );
  onLoan(program, "withdraw", "take collateral out", "collateral to take out, or max")
    .option("--receiver <address>", "who receives it (default: you)")
    .option("--authorisation <file>", "the owner's signed authorisation, brought in the same transaction")
    .action((loan: string, amount: string[], o: ReceiverOptions) => run((s) => withdraw(s, loan, amount, o)));
  program
    .command("close")
    .description("pay all the debt and take out all the collateral")
    .argument("<loan>", LOAN)
    .option("--receiver <address>", "who receives the collateral (default: you)")
    .option("--authorisation <file>", "the owner's signed authorisation, brought in the same transaction")
    .action((loan: string, options: ReceiverOptions) => run((session) => close(session, loan, options)));
}

function onLoan(program: Command, name: string, description: string, amount: string): Command {
  return program.command(name).description(description).argument("<loan>", LOAN).argument("<amount...>", amount);
}

function transferCommands(program: Command, run: Runner): void {
  const transfer = program.command("transfer").description("give a loan to a new owner, who has to accept it");
  transfer
    .command("offer")
    .description("offer a loan")
    .argument("<loan>", LOAN)
    .argument("<new owner>", "address of who may accept it")
    .action((loan: string, to: string) => run((session) => offer(session, loan, to)));
  transfer
    .command("accept")
    .description("take over a loan that is offered to you, with its debt")
    .argument("<loan>", "its id in decimal or 0x hex")
    .option("--max-debt <amount...>", "most debt at which you want it (default: what it owes, and a day's interest)")
    .option("--min-collateral <amount...>", "least collateral (default: what it holds)")
    .action((loan: string, options: AcceptOptions) => run((session) => accept(session, loan, options)));
  transfer
    .command("cancel")
    .description("take an offer back")
    .argument("<loan>", LOAN)
    .action((loan: string) => run((session) => cancelOffer(session, loan)));
}

function authorisationCommands(program: Command, run: Runner): void {
  const top = program.command("authorise").description("let an operator act on your loans in a facility");
  const about = (name: string, description: string) =>
    top
      .command(name)
      .description(description)
      .argument("<operator>", "its address")
      .requiredOption("--facility <number or name>", "which facility");
  const granting = (name: string, description: string) =>
    about(name, description)
      .requiredOption("--actions <list>", "of draw, withdraw, close, transfer, roll-over, with commas between")
      .option("--expires <time>", "how long it lasts", "7d")
      .option("--cash-limit <amount...>", "most it may draw in all, or unlimited")
      .option("--collateral-limit <amount...>", "most it may take out in all, or unlimited")
      .option("--deadline <time>", "how long the signature may be brought", "1d");
  granting("grant", "by a transaction; replaces what was granted before").action(
    (operator: string, options: authorise.GrantOptions) => run((s) => authorise.grant(s, operator, options)),
  );
  granting("sign", "by a signature that the operator brings; sends nothing").action(
    (operator: string, options: authorise.GrantOptions) => run((s) => authorise.sign(s, operator, options)),
  );
  about("revoke", "end it").action((operator: string, options: { facility: string }) =>
    run((session) => authorise.revoke(session, operator, options)),
  );
  about("show", "what is in force")
    .option("--owner <address>", "whose (default: the key's)")
    .action((operator: string, options: { facility: string; owner?: string }) =>
      run((session) => authorise.show(session, operator, options)),
    );
  top
    .command("bring")
    .description("bring an owner's signed authorisation")
    .argument("<file>", "as authorise sign wrote it")
    .action((file: string) => run((session) => authorise.bring(session, file)));
}
