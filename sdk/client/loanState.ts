import { type lensAbi, loanManagerAbi, termLoanManagerAbi } from "./abi/index.js";
import type { Client } from "./client.js";
import { ClientError } from "./errors.js";
import { type Facility, facilityOf } from "./facility.js";
import { decodeLoanId, formatLoanId, shortLoanId } from "./loanIds.js";
import { scanLogs } from "./logs.js";
import { type Price, priceOf } from "./price.js";
import { type AbiResult, type ReadOptions, interfaceOf } from "./typedContract.js";

/** A loan as of one block. Debt and value in loan units, collateral in collateral units, fractions in WAD. */
export interface LoanState {
  readonly id: bigint;
  readonly facility: Facility;
  readonly opener: string;
  readonly salt: bigint;
  readonly owner: string;
  /** To whom it is offered. */
  readonly offeredTo: string | undefined;
  readonly collateral: bigint;
  /** Rounded up. */
  readonly debt: bigint;
  readonly price: Price;
  /** The three are undefined while the oracle refuses a price. */
  readonly value: bigint | undefined;
  readonly ltvWad: bigint | undefined;
  /** The largest uint256 for a loan that owes nothing. */
  readonly healthWad: bigint | undefined;
  /** Lowest price at which it is still safe; 0 for a loan that owes nothing. */
  readonly liquidationPriceE36: bigint;
  /** Most that its owner can draw, and withdraw, at this block. */
  readonly drawable: bigint;
  readonly withdrawable: bigint;
}

/** There is no such loan; it may have been closed. */
export class NoSuchLoan extends ClientError {
  constructor(readonly id: bigint) {
    super(
      `there is no loan ${shortLoanId(id)} of ${decodeLoanId(id).opener} (${formatLoanId(id)}): ` +
        "it was closed, or never opened",
    );
  }
}

type Overview = AbiResult<typeof lensAbi, "loanOverview">;

const NOBODY = "0x0000000000000000000000000000000000000000";

/** Loans asked for in one call; a few hundred fit a node's limit on gas. */
const LOANS_A_CALL = 100;

function stateOf(client: Client, overview: Overview): LoanState {
  const { opener, salt } = decodeLoanId(overview.id);
  const facility = facilityOf(client.deployment, Number(overview.facility));
  const price = priceOf(overview.price, facility);
  const isPriced = price.refusal === undefined;
  return {
    id: overview.id,
    facility,
    opener,
    salt,
    owner: overview.owner,
    offeredTo: overview.offeredTo === NOBODY ? undefined : overview.offeredTo,
    collateral: overview.collateral,
    debt: overview.debt,
    price,
    value: isPriced ? overview.value : undefined,
    ltvWad: isPriced ? overview.ltv : undefined,
    healthWad: isPriced || overview.debt === 0n ? overview.health : undefined,
    liquidationPriceE36: overview.liquidationPriceE36,
    drawable: overview.drawable,
    withdrawable: overview.withdrawable,
  };
}

/** @throws NoSuchLoan */
export async function readLoan(client: Client, id: bigint, options: ReadOptions = {}): Promise<LoanState> {
  const overview = await client.lens.read(client.provider, "loanOverview", [id], options);
  if (overview.owner === NOBODY) throw new NoSuchLoan(id);
  return stateOf(client, overview);
}

/** Those of the loans that exist, in the order asked for. */
export async function readLoans(
  client: Client,
  ids: readonly bigint[],
  options: ReadOptions = {},
): Promise<LoanState[]> {
  const states: LoanState[] = [];
  for (let at = 0; at < ids.length; at += LOANS_A_CALL) {
    const some = ids.slice(at, at + LOANS_A_CALL);
    const overviews = await client.lens.read(client.provider, "loanOverviews", [some], options);
    states.push(...overviews.filter(({ owner }) => owner !== NOBODY).map((o) => stateOf(client, o)));
  }
  return states;
}

/** Ids in the managers' events of one kind; `indexed` is what the event has indexed, the id first, null for anything. */
async function idsIn(
  client: Client,
  event: "Opened" | "Transferred" | "TransferOffered",
  ...indexed: (string | null)[]
): Promise<bigint[]> {
  const { provider, deployment } = client;
  const head = await provider.getBlockNumber();
  const filters = [
    {
      address: deployment.loanManager,
      topics: interfaceOf(loanManagerAbi).encodeFilterTopics(event, indexed),
    },
    {
      address: deployment.termLoanManager,
      topics: interfaceOf(termLoanManagerAbi).encodeFilterTopics(
        event === "Opened" ? "TermLoanOpened" : event,
        indexed,
      ),
    },
  ];
  const logs = [];
  for (const filter of filters) logs.push(...(await scanLogs(provider, filter, deployment.fromBlock, head)));
  return logs.map((log) => BigInt(log.topics[1] ?? 0));
}

/** All loans that an account owns now, whoever opened them, found by events; oldest first, revolving ones before term loans. */
export async function readLoansOf(client: Client, owner: string): Promise<LoanState[]> {
  const opened = await idsIn(client, "Opened", null, owner);
  const received = await idsIn(client, "Transferred", null, null, owner);
  const loans = await readLoans(client, [...new Set([...opened, ...received])]);
  return loans.filter((loan) => loan.owner.toLowerCase() === owner.toLowerCase());
}

/** Loans that others offer to an account. */
export async function readOffersTo(client: Client, account: string): Promise<LoanState[]> {
  const offered = await idsIn(client, "TransferOffered", null, null, account);
  const loans = await readLoans(client, [...new Set(offered)]);
  return loans.filter((loan) => loan.offeredTo?.toLowerCase() === account.toLowerCase());
}

/** The smallest salt under which an account has never opened a loan in a facility: an id used again would blur its history. */
export async function nextFreeSalt(client: Client, opener: string, facility: number): Promise<bigint> {
  const opened = await idsIn(client, "Opened", null, opener);
  const used = new Set(
    opened
      .map(decodeLoanId)
      .filter((parts) => parts.facility === facility)
      .map(({ salt }) => salt),
  );
  let salt = 0n;
  while (used.has(salt)) salt += 1n;
  return salt;
}
