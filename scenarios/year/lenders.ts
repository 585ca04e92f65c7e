import {
  planClaim,
  planLend,
  planQueue,
  planRedeem,
  planRequestExit,
  planServe,
} from "../../sdk/client/actions/index.js";
import { readLenderPosition } from "../../sdk/client/lender.js";
import { readQueue } from "../../sdk/client/queue.js";
import { tranchesOf, type TrancheName } from "../../sdk/client/tranches.js";
import { ScenarioError } from "../errors.js";
import type { Person, World } from "../replay/world.js";
import { carryOutInTurn, carryOutTogether, type Act, type Refused } from "./acts.js";
import { both, type Facilities } from "./facilities.js";

/** Who lends. They are the world's lenders, in this order. */
export const LENDERS = ["saver", "leaver", "junior", "late junior", "underwriter"] as const;
export type LenderName = (typeof LENDERS)[number];

/** After this part of the time the leaver asks for its money in the term facility: at once while there is cash, else by the queue. */
const LEAVES_AFTER = 0.42;
/** Days after the crash on which new junior capital comes. */
const COMES_AFTER = 10;
/** First-loss classes announce their exit so long before the end: the cooldown of ten days, and room within the window. */
const ANNOUNCES_BEFORE = 11;

/** What each brings in at the beginning, loan units; the late junior holds its until the crash is over. */
export interface Stakes {
  revolving: { saver: bigint };
  term: { saver: bigint; leaver: bigint; junior: bigint; lateJunior: bigint; underwriter: bigint };
  /** what the saver adds to each facility at the end of every month */
  monthly: bigint;
}

/** The lenders of a year. */
export class Lenders {
  constructor(
    private readonly world: World,
    private readonly facilities: Facilities,
    private readonly stakes: Stakes,
    /** the day of the crash, and how many there are */
    private readonly time: { crashDay: number; days: number },
  ) {}

  private person(name: LenderName): Person {
    const person = this.world.lenders[LENDERS.indexOf(name)];
    if (!person) throw new RangeError(`The world has ${this.world.lenders.length} lenders, too few for the ${name}.`);
    return person;
  }

  /** First loss first: without junior capital nothing may be lent. */
  async begin(): Promise<void> {
    const { revolving, term } = this.stakes;
    this.requireDone(
      await carryOutInTurn(this.world, [
        this.lend("underwriter", "term", "cover", term.underwriter),
        this.lend("junior", "term", "junior", term.junior),
        this.lend("saver", "term", "senior", term.saver),
        this.lend("leaver", "term", "senior", term.leaver),
        this.lend("saver", "revolving", "senior", revolving.saver),
      ]),
    );
  }

  /** What lenders do on a day. @returns what could not be done */
  async live(day: number): Promise<Refused[]> {
    const { client } = this.world;
    const { id } = this.facilities.term;
    const { crashDay, days } = this.time;
    const leavesOn = Math.floor(days * LEAVES_AFTER);
    const acts: Act[] = [];
    if (day === leavesOn) {
      const request = { facility: id, from: this.person("leaver").wallet.address, assets: "most" } as const;
      acts.push({ person: this.person("leaver"), what: "ask for all of it", plan: () => planQueue(client, request) });
    }
    if (day === crashDay + COMES_AFTER)
      acts.push(this.lend("late junior", "term", "junior", this.stakes.term.lateJunior));
    if (day === days - ANNOUNCES_BEFORE)
      for (const [name, tranche] of FIRST_LOSS) {
        const request = { facility: id, from: this.person(name).wallet.address, tranche, assets: "most" } as const;
        acts.push({
          person: this.person(name),
          what: "announce the exit",
          plan: () => planRequestExit(client, request),
        });
      }
    const refused = await carryOutInTurn(this.world, acts);
    if (day > leavesOn) await this.beServed();
    return refused;
  }

  /**
   * The saver's monthly deposit into both facilities, in the next block: the pools divide their interest by it, so the books of
   * that block are whole.
   */
  async save(): Promise<void> {
    const { monthly } = this.stakes;
    this.requireDone(
      await carryOutTogether(
        this.world,
        (["revolving", "term"] as const).map((kind) => this.lend("saver", kind, "senior", monthly)),
      ),
    );
  }

  /** Everybody takes out everything. All loans are closed. */
  async leave(): Promise<void> {
    const { client } = this.world;
    await this.beServed();
    for (const facility of both(this.facilities))
      for (const tranche of tranchesOf(facility))
        for (const person of this.world.lenders) {
          const from = person.wallet.address;
          // A class that lost everything has shares left, worth nothing.
          const { assets } = await readLenderPosition(client, facility.id, from, tranche);
          if (assets === 0n) continue;
          const request = { from, facility: facility.id, tranche, assets: "most" } as const;
          const act = { person, what: `take all out of ${facility.name}`, plan: () => planRedeem(client, request) };
          this.requireDone(await carryOutInTurn(this.world, [act]));
        }
  }

  /** Has the queue pay what there is cash for, if there is any, and takes it. */
  private async beServed(): Promise<void> {
    const { client, provider } = this.world;
    const { term } = this.facilities;
    const person = this.person("leaver");
    const from = person.wallet.address;
    const queue = await readQueue(client, term, from, await provider.getBlockNumber());
    const acts: Act[] = [];
    const claim = { person, what: "claim", plan: () => planClaim(client, { from, facility: term.id }) };
    if (queue?.requests.some(({ waiting }) => waiting > 0n))
      acts.push({ person, what: "be served", plan: () => planServe(client, { from, facility: term.id }) });
    if (acts.length > 0 || queue?.requests.some(({ servedShares }) => servedShares > 0n)) acts.push(claim);
    await carryOutInTurn(this.world, acts);
  }

  private lend(name: LenderName, kind: "revolving" | "term", tranche: TrancheName, assets: bigint): Act {
    const person = this.person(name);
    const request = { from: person.wallet.address, facility: this.facilities[kind].id, tranche, assets };
    return { person, what: `lend as ${tranche}`, plan: () => planLend(this.world.client, request) };
  }

  private requireDone(refused: readonly Refused[]): void {
    const [first] = refused;
    if (first) throw new ScenarioError(`${first.act.person.name} could not ${first.act.what}: ${first.why}`);
  }
}

const FIRST_LOSS = [
  ["junior", "junior"],
  ["late junior", "junior"],
  ["underwriter", "cover"],
] as const;
