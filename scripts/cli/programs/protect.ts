import { Argument, type Command } from "commander";
import { ORDER_KINDS, type OrderKind } from "../../../sdk/client/orders.js";
import { type PlaceOptions, cancel, place, show } from "../commands/protect.js";
import { LOAN, type Runner } from "./common.js";

const EXAMPLES = `
Examples:
  protect place 1:0 deleverage --trigger 78 --target 65 --max-fee 20
  protect place 1:0 take-profit --price 90000 --repay all --max-fee 20
  protect place 1:0 auto-repay --trigger 75 --target 60 --most 5000 --limit 10000 --max-fee 20
  protect place 1:0 auto-top-up --trigger 75 --target 60 --most 0.2 --limit 0.5 --max-fee 0.001
`;

/** Standing orders of a loan's owner, which any keeper may execute. */
export function protectionCommands(program: Command, run: Runner): void {
  const protect = program
    .command("protect")
    .description("standing orders that any keeper may execute on your loan, for a bounded fee");
  const kind = () => new Argument("<kind>", "what the order does").choices(ORDER_KINDS);
  protect
    .command("place")
    .description("place an order, instead of any of its kind before")
    .argument("<loan>", LOAN)
    .addArgument(kind())
    .option("--trigger <percent>", "LTV from which on it is executed")
    .option("--target <percent>", "LTV to which it brings the loan")
    .option("--price <amount...>", "take-profit: price of a whole bitcoin from which on it is executed")
    .option("--repay <amount...>", "take-profit: what to repay, or all")
    .option(
      "--slippage <percent>",
      "deleverage, take-profit: how far below the oracle's price it may sell (default: 1)",
    )
    .option("--most <amount...>", "auto-repay, auto-top-up: most taken out of your wallet at once, the fee included")
    .option("--limit <amount...>", "the same two: most taken in all")
    .option("--fee <percent>", "the keeper's fee, of what is repaid or topped up", "0.5")
    .requiredOption("--max-fee <amount...>", "most of it in one execution; cash, for auto-top-up collateral")
    .option("--expires <time>", "how long it stands", "90d")
    .option(
      "--collateral-limit <amount...>",
      "deleverage, take-profit: most it may take out in all (default: the loan's)",
    )
    .addHelpText("after", EXAMPLES)
    .action((loan: string, of: OrderKind, options: PlaceOptions) => run((s) => place(s, loan, of, options)));
  protect
    .command("cancel")
    .description("take an order back")
    .argument("<loan>", LOAN)
    .addArgument(kind())
    .action((loan: string, of: OrderKind) => run((session) => cancel(session, loan, of)));
  protect
    .command("show")
    .description("each order, and whether and why not it would be executed now")
    .argument("<loan>", LOAN)
    .action((loan: string) => run((session) => show(session, loan)));
}
