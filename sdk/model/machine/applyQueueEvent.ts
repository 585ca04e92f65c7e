import type { ModelEvent } from "./events.js";
import type { QueueBook } from "./queueBook.js";

// Whether a request waits is said by its pool: RedemptionsQueued follows on the first that does.

/** What a redemption queue emits. */
export function applyQueueEvent(book: QueueBook, event: ModelEvent): void {
  switch (event.name) {
    case "OperatorSet":
      book.setOperator(event.args.controller, event.args.operator, event.args.approved);
      return;
    case "RedeemRequest": {
      const wait = book.waiting !== 0n;
      book.append(event.args.controller, event.args.shares);
      if (wait) book.queueLast();
      return;
    }
    case "Served":
      book.serve(event.args.shares, event.args.assets);
      return;
    case "Claimed":
      book.claim(event.args.requestId, event.args.shares, event.args.assets);
  }
}
