import { expect } from "chai";
import { Journal, QueueBook, ZERO_ADDRESS } from "../../../sdk/model/machine/index.js";
import { AT } from "./made/world.js";

const { alice, bob } = AT;
const REQUEST = { controller: alice, previous: 0n, next: 0n, claimedTo: 0n, settledTo: 0n, end: 0n, assets: 0n };

/** A request that waits. */
function wait(book: QueueBook, controller: typeof alice, shares: bigint): bigint {
  book.append(controller, shares);
  book.queueLast();
  return book.line.requests;
}

describe("model: what a redemption queue stores", () => {
  it("is nothing at first", () => {
    const book = new QueueBook(new Journal());
    expect(book.line).to.deep.equal({ requests: 0n, queuedTo: 0n, totals: [{ shares: 0n, assets: 0n }] });
    expect(book.waiting).to.equal(0n);
    const none = { ...REQUEST, controller: ZERO_ADDRESS };
    for (const id of [0n, 1n]) expect([book.request(id), book.settled(id)]).to.deep.equal([none, none]);
    expect(book.requestsOf(alice)).to.deep.equal({ first: 0n, last: 0n });
    expect(book.isOperator(alice, bob)).to.equal(false);
  });

  it("is of a request served at once its shares and what they brought, off the line", () => {
    const book = new QueueBook(new Journal());
    book.append(alice, 7n);
    book.payLast(9n);
    expect(book.line).to.deep.include({ requests: 1n, queuedTo: 0n });
    expect(book.settled(1n)).to.deep.equal({ ...REQUEST, settledTo: 7n, end: 7n, assets: 9n });
  });

  it("shares what each service brought among those it served, rounded down, and the rest when all is settled", () => {
    const book = new QueueBook(new Journal());
    expect([wait(book, alice, 10n), wait(book, bob, 5n)]).to.deep.equal([1n, 2n]);
    expect(book.settled(1n)).to.deep.equal({ ...REQUEST, end: 10n });
    expect(book.settled(2n)).to.deep.equal({ ...REQUEST, controller: bob, claimedTo: 10n, settledTo: 10n, end: 15n });
    book.serve(4n, 9n);
    expect(book.settled(1n)).to.deep.equal({ ...REQUEST, settledTo: 4n, end: 10n, assets: 9n });
    expect(book.settled(2n).assets).to.equal(0n);
    // Eight shares for 21: six of them are 15.75.
    book.serve(8n, 21n);
    expect(book.waiting).to.equal(3n);
    expect(book.settled(1n)).to.deep.include({ settledTo: 10n, assets: 24n });
    expect(book.settled(2n)).to.deep.include({ settledTo: 12n, assets: 6n });
    book.serve(3n, 1n);
    expect(book.settled(2n)).to.deep.include({ settledTo: 15n, assets: 7n });
    expect(book.waiting).to.equal(0n);
  });

  it("keeps each controller's requests in their order, and forgets one that is claimed wherever it stands", () => {
    const book = new QueueBook(new Journal());
    for (const controller of [alice, bob, alice, alice, bob]) wait(book, controller, 10n);
    book.serve(50n, 100n);
    const order = (controller: typeof alice): bigint[] => {
      const { first, last } = book.requestsOf(controller);
      const ids: bigint[] = [];
      for (let id = first; id !== 0n; id = book.request(id).next) {
        expect(book.request(id).previous).to.equal(ids.at(-1) ?? 0n);
        ids.push(id);
      }
      expect(last).to.equal(ids.at(-1) ?? 0n);
      return ids;
    };
    expect([order(alice), order(bob)]).to.deep.equal([
      [1n, 3n, 4n],
      [2n, 5n],
    ]);
    book.claim(3n, 4n, 8n);
    expect(book.settled(3n)).to.deep.include({ claimedTo: 24n, settledTo: 30n, assets: 12n });
    book.claim(3n, 6n, 12n);
    expect(order(alice)).to.deep.equal([1n, 4n]);
    expect(book.request(3n).controller).to.equal(ZERO_ADDRESS);
    book.claim(4n, 10n, 20n);
    expect(order(alice)).to.deep.equal([1n]);
    expect(book.request(0n)).to.deep.equal({ ...REQUEST, controller: ZERO_ADDRESS });
    book.claim(2n, 10n, 20n);
    expect(order(bob)).to.deep.equal([5n]);
    book.claim(1n, 10n, 20n);
    book.claim(5n, 10n, 20n);
    expect([order(alice), order(bob)]).to.deep.equal([[], []]);
    expect(wait(book, alice, 1n)).to.equal(6n);
    expect(order(alice)).to.deep.equal([6n]);
  });
});
