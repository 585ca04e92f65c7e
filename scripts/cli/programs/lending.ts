import { type Command, Option } from "commander";
import { TRANCHES } from "../../../sdk/client/tranches.js";
import { capital } from "../commands/capital.js";
import { cover } from "../commands/cover.js";
import {
  type ExitOption,
  type TrancheOption,
  cancelExit,
  claim,
  lend,
  redeem,
  requestExit,
  serve,
} from "../commands/lending.js";
import { position } from "../commands/position.js";
import type { Runner } from "./common.js";

const FACILITY = "its number or name";

/** What lenders do and ask. */
export function lendingCommands(program: Command, run: Runner): void {
  const on = (name: string, description: string) =>
    program.command(name).description(description).argument("<facility>", FACILITY);
  const asClass = () =>
    new Option("--tranche <class>", "as which class of lenders").choices(TRANCHES).default("senior");
  on("lend", "lend to a facility")
    .argument("<amount...>", "cash to lend, or all you hold")
    .addOption(asClass())
    .action((facility: string, amount: string[], options: TrancheOption) =>
      run((session) => lend(session, facility, amount, options)),
    );
  on("redeem", "take lent cash out again, as far as the pool holds it")
    .argument("<amount...>", "cash to take out, or all")
    .addOption(asClass())
    .option("--queue", "senior: wait in line for the cash, and claim it when it is served")
    .action((facility: string, amount: string[], options: TrancheOption & { queue?: true }) =>
      run((session) => redeem(session, facility, amount, options)),
    );
  program
    .command("position")
    .description("what you have lent, and what it is worth")
    .argument("[facility]", `${FACILITY} (default: all)`)
    .option("--owner <address>", "whose (default: the key's)")
    .action((facility: string | undefined, options: { owner?: string }) =>
      run((session) => position(session, facility, options)),
    );
  leavingCommands(program, run);
  reportCommands(program, run);
}

function reportCommands(program: Command, run: Runner): void {
  const of = (name: string, description: string) =>
    program.command(name).description(description).argument("[facility]", `${FACILITY} (default: all)`);
  of("capital", "capital ratios: first-loss capital against risk-weighted debt")
    .option("--block <number>", "as of this block (default: the latest)")
    .action((facility: string | undefined, options: { block?: string }) =>
      run((session) => capital(session, facility, options)),
    );
  of("cover", "what the underwriters hold, earn, and would pay").action((facility: string | undefined) =>
    run((session) => cover(session, facility)),
  );
}

function leavingCommands(program: Command, run: Runner): void {
  const asFirstLoss = () =>
    new Option("--tranche <class>", "as which class of lenders").choices(["junior", "cover"]).makeOptionMandatory();
  const exit = program.command("exit").description("announce that first-loss shares are to leave");
  exit
    .command("request")
    .description("start the cooldown, after which they may be redeemed for some time")
    .argument("<facility>", FACILITY)
    .argument("<amount...>", "cash's worth of them, or all")
    .addOption(asFirstLoss())
    .action((facility: string, amount: string[], options: ExitOption) =>
      run((session) => requestExit(session, facility, amount, options)),
    );
  exit
    .command("cancel")
    .description("take the announcement back")
    .argument("<facility>", FACILITY)
    .addOption(asFirstLoss())
    .action((facility: string, options: ExitOption) => run((session) => cancelExit(session, facility, options)));
  program
    .command("claim")
    .description("claim what the redemption queue has served")
    .argument("<facility>", FACILITY)
    .option("--request <number>", "which request (default: the oldest with anything to claim)")
    .option("--receiver <address>", "who receives it (default: you)")
    .action((facility: string, options: { request?: string; receiver?: string }) =>
      run((session) => claim(session, facility, options)),
    );
  program
    .command("serve")
    .description("turn shares in the redemption queue into cash, anybody's")
    .argument("<facility>", FACILITY)
    .action((facility: string) => run((session) => serve(session, facility)));
}
