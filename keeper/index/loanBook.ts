import type { RiskTerms } from "../../sdk/model/index.js";

/** A facility as its events describe it. */
export interface BookFacility {
  readonly id: number;
  readonly pool: string;
  readonly vault: string;
  readonly oracle: string;
  readonly terms: RiskTerms;
  readonly rampSeconds: bigint;
}

export interface BookLoan {
  readonly id: bigint;
  readonly facility: number;
  /** Of the pool's debt; of a term loan its principal. */
  readonly debtShares: bigint;
  readonly collateral: bigint;
}

/** A standing order of a loan's owner, at that time. */
export interface BookOrder {
  readonly id: bigint;
  readonly owner: string;
  /** OrderKind of IProtectionOrders. */
  readonly kind: bigint;
}

/** What changed a loan or a facility. Amounts are those of the contracts' events. */
export type BookEvent =
  | { readonly name: "FacilityCreated"; readonly facility: BookFacility }
  | { readonly name: "OracleSet"; readonly facility: number; readonly oracle: string }
  | {
      readonly name: "Opened";
      readonly id: bigint;
      readonly facility: number;
      readonly collateral: bigint;
      readonly shares: bigint;
    }
  | { readonly name: "Drawn"; readonly id: bigint; readonly shares: bigint }
  | { readonly name: "Repaid"; readonly id: bigint; readonly shares: bigint }
  | { readonly name: "RolledOver"; readonly id: bigint; readonly principal: bigint }
  | { readonly name: "ToppedUp"; readonly id: bigint; readonly collateral: bigint }
  | { readonly name: "Withdrawn"; readonly id: bigint; readonly collateral: bigint }
  | ({ readonly name: "OrderPlaced" | "OrderGone" } & BookOrder)
  | { readonly name: "Closed"; readonly id: bigint }
  | { readonly name: "Liquidated"; readonly id: bigint; readonly shares: bigint; readonly seized: bigint };

/** The loan id's own facility: opener (160 bits) ‖ facility (32) ‖ salt (64). */
export const facilityOf = (id: bigint): number => Number((id >> 64n) & 0xffff_ffffn);

/**
 * All open loans, exactly, from the log alone. Every change can be taken back, block by block, for when the chain is
 * reorganised.
 *
 * @example
 * book.apply(120, { name: "Opened", id, facility: 1, collateral, shares });
 * book.rollBackTo(119);
 */
export class LoanBook {
  private readonly loansById = new Map<bigint, BookLoan>();
  private readonly facilitiesById = new Map<number, BookFacility>();
  private readonly sharesByFacility = new Map<number, bigint>();
  private readonly ordersByKey = new Map<string, BookOrder>();
  private undo: { block: number; back: () => void }[] = [];

  get loans(): Iterable<BookLoan> {
    return this.loansById.values();
  }

  get size(): number {
    return this.loansById.size;
  }

  get facilities(): Iterable<BookFacility> {
    return this.facilitiesById.values();
  }

  /** Orders that were placed and are not gone; one that expired is still among them. */
  get orders(): Iterable<BookOrder> {
    return this.ordersByKey.values();
  }

  loan(id: bigint): BookLoan | undefined {
    return this.loansById.get(id);
  }

  /** Σ debt shares of a facility's loans; equal to the pool's own total, always (DEBT-2). */
  debtShares(facility: number): bigint {
    return this.sharesByFacility.get(facility) ?? 0n;
  }

  apply(block: number, event: BookEvent): void {
    switch (event.name) {
      case "FacilityCreated":
        return this.putFacility(block, event.facility);
      case "OracleSet": {
        const facility = this.facilitiesById.get(event.facility);
        if (facility !== undefined) this.putFacility(block, { ...facility, oracle: event.oracle });
        return;
      }
      case "Opened": {
        const { id, facility, collateral, shares } = event;
        return this.putLoan(block, id, { id, facility, debtShares: shares, collateral });
      }
      case "Drawn":
        return this.change(block, event.id, event.shares, 0n);
      case "Repaid":
        return this.change(block, event.id, -event.shares, 0n);
      case "RolledOver":
        return this.change(block, event.id, event.principal - (this.loansById.get(event.id)?.debtShares ?? 0n), 0n);
      case "ToppedUp":
        return this.change(block, event.id, 0n, event.collateral);
      case "Withdrawn":
        return this.change(block, event.id, 0n, -event.collateral);
      case "Liquidated":
        return this.change(block, event.id, -event.shares, -event.seized);
      case "OrderPlaced":
        return this.putOrder(block, event, true);
      case "OrderGone":
        return this.putOrder(block, event, false);
      case "Closed":
        return this.putLoan(block, event.id, undefined);
    }
  }

  /** Takes back every change of blocks after `block`. */
  rollBackTo(block: number): void {
    for (let last = this.undo.at(-1); last !== undefined && last.block > block; last = this.undo.at(-1)) {
      last.back();
      this.undo.pop();
    }
  }

  /** Forgets how to take back what happened up to `block`, which nobody will reorganise any more. */
  settle(block: number): void {
    const first = this.undo.findIndex((entry) => entry.block > block);
    this.undo = first === -1 ? [] : this.undo.slice(first);
  }

  clear(): void {
    this.loansById.clear();
    this.facilitiesById.clear();
    this.sharesByFacility.clear();
    this.ordersByKey.clear();
    this.undo = [];
  }

  private change(block: number, id: bigint, shares: bigint, collateral: bigint): void {
    const loan = this.loansById.get(id);
    // A log that was lost shows here, or in the sum of shares; both lead to reading the log again.
    if (loan === undefined) return;
    const next = { ...loan, debtShares: loan.debtShares + shares, collateral: loan.collateral + collateral };
    this.putLoan(block, id, next.debtShares === 0n && next.collateral === 0n ? undefined : next);
  }

  private putLoan(block: number, id: bigint, next: BookLoan | undefined): void {
    const before = this.loansById.get(id);
    this.writeLoan(id, next);
    this.undo.push({ block, back: () => this.writeLoan(id, before) });
  }

  private writeLoan(id: bigint, loan: BookLoan | undefined): void {
    const before = this.loansById.get(id);
    const facility = facilityOf(id);
    const difference = (loan?.debtShares ?? 0n) - (before?.debtShares ?? 0n);
    this.sharesByFacility.set(facility, this.debtShares(facility) + difference);
    if (loan === undefined) this.loansById.delete(id);
    else this.loansById.set(id, loan);
  }

  private putOrder(block: number, { id, owner, kind }: BookOrder, placed: boolean): void {
    const key = `${id} ${owner} ${kind}`;
    const before = this.ordersByKey.get(key);
    const write = (order: BookOrder | undefined): void => {
      if (order === undefined) this.ordersByKey.delete(key);
      else this.ordersByKey.set(key, order);
    };
    write(placed ? { id, owner, kind } : undefined);
    this.undo.push({ block, back: () => write(before) });
  }

  private putFacility(block: number, next: BookFacility): void {
    const before = this.facilitiesById.get(next.id);
    this.facilitiesById.set(next.id, next);
    this.undo.push({
      block,
      back: () => {
        if (before === undefined) this.facilitiesById.delete(next.id);
        else this.facilitiesById.set(next.id, before);
      },
    });
  }
}
