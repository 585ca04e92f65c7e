import {
  planDraw,
  planOpen,
  planOpenTerm,
  planPay,
  planRepay,
  planRollOver,
  planTopUp,
  planWithdraw,
} from "../../sdk/client/actions/index.js";
import { erc20At } from "../../sdk/client/client.js";
import { readFacility } from "../../sdk/client/facilityState.js";
import { encodeLoanId } from "../../sdk/client/loanIds.js";
import { readLoans, type LoanState } from "../../sdk/client/loanState.js";
import { readTermLoan } from "../../sdk/client/termLoan.js";
import { collateralFor } from "../book/plan.js";
import type { Person, World } from "../replay/world.js";
import { carryOutInTurn, carryOutTogether, type Act, type Refused } from "./acts.js";
import type { Facilities } from "./facilities.js";
import type { LoanPlan } from "./people.js";
import { DAY_SECONDS } from "./prices.js";

const WAD = 10n ** 18n;
/** Whoever watches adds collateral when health is below the first, up to the second. */
const WATCH = { below: (WAD * 115n) / 100n, upTo: (WAD * 140n) / 100n };
/** Whoever uses a revolving loan draws and repays in turn, every so many days, so many tenths of the debt. */
const USE = { everyDays: 30, drawn: 1n, repaid: 2n };
/** Sheet that a roll-over takes, by the sheet that the loan had. */
const NEXT_SHEET: Record<number, number> = { 0: 1, 1: 0 };

/** A term loan's dates, which change only when it is rolled over. */
interface Dates {
  openedAt: number;
  interval: number;
  count: number;
}

/** One borrower, and how far the loan is. */
export interface Resident {
  readonly plan: LoanPlan;
  readonly person: Person;
  readonly id: bigint;
  /** day of the year; undefined before the loan is granted */
  openedOn?: number;
  /** days on which it was refused, and why it was the last time */
  daysRefused: number;
  refusal?: string;
  dates?: Dates;
  hasRolledOver: boolean;
}

/** The borrowers of a year; each does on each day what its habit says. */
export class Borrowers {
  readonly residents: Resident[];

  constructor(
    private readonly world: World,
    private readonly facilities: Facilities,
    plans: readonly LoanPlan[],
  ) {
    this.residents = plans.map((plan): Resident => {
      const person = world.borrowers[plan.borrower];
      if (!person) throw new RangeError(`There is no borrower ${plan.borrower}.`);
      const parts = { opener: person.wallet.address, facility: facilities[plan.kind].id, salt: 0n };
      return { plan, person, id: encodeLoanId(parts), daysRefused: 0, hasRolledOver: false };
    });
  }

  /** What is done on a day. @param begins its first second @returns what could not be done */
  async live(day: number, begins: number): Promise<Refused[]> {
    const acts: Act[] = [];
    for (const { resident, loan } of await this.open()) {
      const act = await this.actOf(resident, loan, day, begins);
      if (act) acts.push(act);
    }
    return [...(await carryOutTogether(this.world, acts)), ...(await this.openOn(day))];
  }

  /** What those do who look more often than once a day. */
  async watch(): Promise<Refused[]> {
    const acts: Act[] = [];
    for (const { resident, loan } of await this.open()) {
      const act = resident.plan.habit === "watches" ? await this.topUp(resident, loan) : undefined;
      if (act) acts.push(act);
    }
    return carryOutTogether(this.world, acts);
  }

  private async open(): Promise<{ resident: Resident; loan: LoanState }[]> {
    const opened = this.residents.filter(({ openedOn }) => openedOn !== undefined);
    const loans = await readLoans(
      this.world.client,
      opened.map(({ id }) => id),
    );
    const states = new Map(loans.map((loan) => [loan.id, loan]));
    return opened.flatMap((resident) => {
      const loan = states.get(resident.id);
      return loan ? [{ resident, loan }] : [];
    });
  }

  private async actOf(resident: Resident, loan: LoanState, day: number, begins: number): Promise<Act | undefined> {
    const { plan, person, id } = resident;
    if (loan.debt === 0n) return loan.collateral > 0n ? this.takeOut(resident) : undefined;
    if (plan.habit === "watches") return this.topUp(resident, loan);
    if (plan.habit === "uses it") return this.use(resident, loan, day);
    if (plan.kind === "revolving") return undefined;
    const { client } = this.world;
    const from = person.wallet.address;
    const since = day - (resident.openedOn ?? day);
    const isDay = plan.days !== undefined && since >= plan.days;
    if (plan.habit === "prepays" && isDay)
      return { person, what: "pay all of it", plan: () => planPay(client, { from, id, payment: "all" }) };
    if (plan.habit === "rolls over" && isDay && !resident.hasRolledOver) return this.rollOver(resident);
    const dates = (resident.dates ??= await this.datesOf(id));
    if (plan.habit === "late")
      return instalmentDue(dates, begins, -(plan.days ?? 0))
        ? { person, what: "pay what is overdue", plan: () => planPay(client, { from, id, payment: "due" }) }
        : undefined;
    const number = instalmentDue(dates, begins, 1);
    if (number === undefined || number > (plan.paysInstalments ?? Infinity)) return undefined;
    return { person, what: `pay instalment ${number}`, plan: () => planPay(client, { from, id, payment: "next" }) };
  }

  private async datesOf(id: bigint): Promise<Dates> {
    const { openedAt, intervalSeconds, count } = await readTermLoan(this.world.client, id);
    return { openedAt: Number(openedAt), interval: Number(intervalSeconds), count: Number(count) };
  }

  private takeOut({ person, id }: Resident): Act {
    const request = { from: person.wallet.address, id, collateral: "most" } as const;
    return { person, what: "take the collateral out", plan: () => planWithdraw(this.world.client, request) };
  }

  private async topUp({ person, id }: Resident, { collateral, healthWad }: LoanState): Promise<Act | undefined> {
    if (healthWad === undefined || healthWad === 0n || healthWad >= WATCH.below) return undefined;
    const { client, provider, facility } = this.world;
    const from = person.wallet.address;
    const held = await erc20At(facility.collateral.address).read(provider, "balanceOf", [from]);
    const missing = (collateral * (WATCH.upTo - healthWad)) / healthWad;
    const added = missing < held ? missing : held;
    if (added === 0n) return undefined;
    return { person, what: "add collateral", plan: () => planTopUp(client, { from, id, collateral: added }) };
  }

  private use({ person, id, openedOn = 0 }: Resident, { debt }: LoanState, day: number): Act | undefined {
    const times = (day - openedOn) / USE.everyDays;
    if (times === 0 || !Number.isInteger(times)) return undefined;
    const { client } = this.world;
    const from = person.wallet.address;
    if (times % 2 === 0)
      return { person, what: "repay", plan: () => planRepay(client, { from, id, assets: (debt * USE.repaid) / 10n }) };
    return { person, what: "draw", plan: () => planDraw(client, { from, id, assets: (debt * USE.drawn) / 10n }) };
  }

  private rollOver(resident: Resident): Act {
    const { person, id, plan } = resident;
    const sheet = NEXT_SHEET[plan.sheet ?? 0] ?? 0;
    return {
      ...{ person, what: "roll over" },
      plan: () => planRollOver(this.world.client, { from: person.wallet.address, id, sheet }),
      done: () => {
        resident.hasRolledOver = true;
        delete resident.dates;
      },
    };
  }

  /** Asks for the loans whose day has come, one after another: they compete for cash and capital. */
  private async openOn(day: number): Promise<Refused[]> {
    const waiting = this.residents.filter(({ plan, openedOn }) => openedOn === undefined && plan.opensOn <= day);
    const acts = waiting.map((resident) => ({ resident, act: this.opening(resident, day) }));
    const refused = await carryOutInTurn(
      this.world,
      acts.map(({ act }) => act),
    );
    for (const { act, why } of refused) {
      const resident = acts.find((one) => one.act === act)?.resident;
      if (!resident) continue;
      resident.daysRefused++;
      resident.refusal = why;
    }
    return refused;
  }

  private opening(resident: Resident, day: number): Act {
    const { person, plan } = resident;
    const { client } = this.world;
    const { id, name } = this.facilities[plan.kind];
    return {
      ...{ person, what: `open a loan in ${name}` },
      plan: async () => {
        const { borrowPrice } = await readFacility(client, id);
        // Without a price the client refuses any collateral, and says why.
        const { priceE36 = 10n ** 36n } = borrowPrice;
        const collateral = collateralFor(plan.principal, plan.ltvBps, priceE36);
        const request = { from: person.wallet.address, facility: id, collateral, principal: plan.principal, salt: 0n };
        return plan.sheet === undefined
          ? planOpen(client, request)
          : planOpenTerm(client, { ...request, sheet: plan.sheet });
      },
      done: () => (resident.openedOn = day),
    };
  }
}

/**
 * The number, from 1, of the instalment that falls due on the day so many days after this one (before, where negative);
 * undefined where none does.
 */
function instalmentDue({ openedAt, interval, count }: Dates, begins: number, days: number): number | undefined {
  const from = begins + days * DAY_SECONDS;
  const number = Math.ceil((from - openedAt) / interval);
  const due = openedAt + number * interval;
  return number >= 1 && number <= count && due < from + DAY_SECONDS ? number : undefined;
}
