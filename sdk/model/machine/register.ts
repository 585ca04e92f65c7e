import type { TermLoan } from "../termLoanBook.js";
import { type Address, ZERO_ADDRESS } from "./address.js";
import { facilityNumberOf, openerOf } from "./loanId.js";
import { require } from "../refusal.js";
import { type Journal, Table } from "./table.js";
import {
  type Authorisation,
  type Facility,
  FacilityKind,
  type Loan,
  LoanFlags,
  NO_AUTHORISATION,
  type Offer,
} from "./types.js";

/** Far from the revolving ones, so that a loan's id says which manager it belongs to. */
const FIRST_TERM_FACILITY = 1_000_001n;

type Triple = `${Address}/${string}/${Address}`;

/** A term loan's dates and balance, and the number of the sheet it was opened with. */
export interface TermLoanRow {
  readonly loan: TermLoan;
  readonly sheet: bigint;
}

/** What one loan manager stores, and its pools with it for each loan. */
export class Register {
  readonly loans: Table<bigint, Loan>;
  /** Only of loans flagged TRANSFERRED. */
  readonly newOwners: Table<bigint, Address>;
  /** Loans that changed hands and are gone: their slots say SPENT, and their ids are never used again. */
  readonly spent: Table<bigint, true>;
  /** Only of loans flagged OFFERED. */
  readonly offers: Table<bigint, Offer>;
  /** Expected losses; only of loans flagged MARKED. */
  readonly marks: Table<bigint, bigint>;
  /** Only of term loans that owe something. */
  readonly termLoans: Table<bigint, TermLoanRow>;
  readonly facilities: Table<bigint, Facility>;
  readonly nonces: Table<Address, bigint>;
  readonly #authorisations: Table<Triple, Authorisation>;

  /** @param kind of its loans, {@link FacilityKind} */
  constructor(
    journal: Journal,
    readonly manager: Address,
    readonly kind: bigint,
  ) {
    this.loans = new Table(journal);
    this.newOwners = new Table(journal);
    this.spent = new Table(journal);
    this.offers = new Table(journal);
    this.marks = new Table(journal);
    this.termLoans = new Table(journal);
    this.facilities = new Table(journal);
    this.nonces = new Table(journal);
    this.#authorisations = new Table(journal);
  }

  /** Of its facilities. */
  get firstNumber(): bigint {
    return this.kind === FacilityKind.Term ? FIRST_TERM_FACILITY : 1n;
  }

  /** The facility of that number, or the refusal UnknownFacility. */
  facility(number: bigint): Facility {
    const facility = this.facilities.get(number);
    require(facility !== undefined, "UnknownFacility", number);
    return facility;
  }

  /** The loan, which exists as long as it has debt or collateral, or the refusal NoSuchLoan. */
  openLoan(id: bigint): Loan {
    const loan = this.loans.get(id);
    require(loan !== undefined, "NoSuchLoan", id);
    return loan;
  }

  /** The facility a loan belongs to. */
  facilityOfLoan(id: bigint): Facility {
    return this.facility(facilityNumberOf(id));
  }

  /** Owner of an open loan; the zero address where there is none. */
  ownerOf(id: bigint): Address {
    const loan = this.loans.get(id);
    if (loan === undefined) return ZERO_ADDRESS;
    return (loan.flags & LoanFlags.TRANSFERRED) === 0n ? openerOf(id) : (this.newOwners.get(id) ?? ZERO_ADDRESS);
  }

  markOf(id: bigint): bigint {
    return this.marks.get(id) ?? 0n;
  }

  authorisation(owner: Address, facility: bigint, operator: Address): Authorisation {
    return this.#authorisations.get(`${owner}/${facility.toString()}/${operator}`) ?? NO_AUTHORISATION;
  }

  setAuthorisation(owner: Address, facility: bigint, operator: Address, authorisation: Authorisation): void {
    this.#authorisations.set(`${owner}/${facility.toString()}/${operator}`, authorisation);
  }

  nonce(owner: Address): bigint {
    return this.nonces.get(owner) ?? 0n;
  }
}
