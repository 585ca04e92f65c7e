import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Devnet } from "./devnet.js";
import { DevnetError } from "./errors.js";
import { FEED_DECIMALS } from "./feeds.js";

const USAGE = `Type here, and press Enter:
  price 6000        BTC/USD falls or rises to that: a round of the feed, and swaps that take Uniswap there
  pass 10m          time goes on: seconds (90s), minutes or hours at once; the feeds repeat what they last said
  sequencer down    the sequencer is reported down, or up again, from L1
  help`;

const PAR = 10n ** BigInt(FEED_DECIMALS);
const SECONDS = { s: 1, m: 60, h: 3_600 } as const;
const MOST_SECONDS = 30 * 86_400;

/** Commands a person types where the devnet runs, so that prices and time can be moved without writing code. */
export class Console {
  constructor(
    private readonly devnet: Devnet,
    private priceE8: bigint,
    private readonly say: (line: string) => void,
  ) {}

  static readonly usage = USAGE;

  /** Obeys one line after another until the input ends; what a line gets wrong is said and changes nothing. */
  async listen(input: Readable): Promise<void> {
    for await (const line of createInterface({ input })) {
      try {
        const said = await this.obey(line.trim());
        if (said !== "") this.say(said);
      } catch (error) {
        this.say(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** Says the prices of now again, as live feeds do at least once in their heartbeat. */
  async publishAgain(): Promise<void> {
    await this.devnet.publishPrice("btcUsd", this.priceE8);
    for (const feed of ["wrapperBtc", "dollarUsd"] as const) await this.devnet.publishPrice(feed, PAR);
  }

  private async obey(line: string): Promise<string> {
    if (line === "") return "";
    const [command, argument = "", ...more] = line.split(/\s+/);
    if (more.length === 0) {
      if (command === "price") return this.price(argument);
      if (command === "pass") return this.pass(argument);
      if (command === "sequencer") return this.sequencer(argument);
      if (command === "help") return USAGE;
    }
    throw new DevnetError(`"${line}" is not known here. ${USAGE}`);
  }

  private async price(text: string): Promise<string> {
    const found = /^(\d{1,9})(?:\.(\d{1,8}))?$/.exec(text.replaceAll(",", ""));
    const priceE8 = BigInt((found?.[1] ?? "") + (found?.[2] ?? "").padEnd(FEED_DECIMALS, "0"));
    if (!found || priceE8 === 0n)
      throw new DevnetError(`A price is dollars for one BTC, like 6000 or 5999.5, and not "${text}".`);
    await this.devnet.publishPrice("btcUsd", priceE8);
    this.priceE8 = priceE8;
    await this.devnet.tradeToPrice(priceE8);
    return `BTC/USD is ${text}, on the feed and on Uniswap. Uniswap's average follows within minutes (pass 10m).`;
  }

  private async pass(text: string): Promise<string> {
    const found = /^(\d{1,7})([smh])$/.exec(text);
    const seconds = Number(found?.[1] ?? 0) * SECONDS[(found?.[2] ?? "s") as keyof typeof SECONDS];
    if (!found || seconds === 0 || seconds > MOST_SECONDS)
      throw new DevnetError(
        `Time passes by seconds, minutes or hours, like 90s, 10m or 2h, 720h at most; not by "${text}".`,
      );
    await this.devnet.setTime(this.devnet.now() + BigInt(seconds));
    await this.publishAgain();
    return `It is ${new Date(Number(this.devnet.now()) * 1000).toISOString()}.`;
  }

  private async sequencer(text: string): Promise<string> {
    if (text !== "up" && text !== "down") throw new DevnetError(`The sequencer is "up" or "down", not "${text}".`);
    await this.devnet.setSequencerStatus(text === "up");
    return `The sequencer is reported ${text}.`;
  }
}
