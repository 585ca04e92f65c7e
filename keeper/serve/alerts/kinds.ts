export type Severity = "critical" | "warning" | "info";

interface AlertKind {
  readonly severity: Severity;
  /** What is wrong, as the headline of a message. */
  readonly title: string;
  /** What to do about it, in a sentence; docs/keeper.md says more. */
  readonly remedy: string;
}

/** Everything a keeper calls people for. Each is a section of docs/keeper.md. */
export const ALERTS = {
  halted: {
    severity: "critical",
    title: "nothing is sent",
    remedy: "find out why transactions end without effect, or who else uses the key; then restart it",
  },
  "no-progress": {
    severity: "critical",
    title: "no progress",
    remedy: "look at the step it names and at the node behind it; restart it if it does not come back",
  },
  "loop-blocked": {
    severity: "warning",
    title: "the event loop stood still",
    remedy: "give the machine more memory or a faster disk; a keeper that stands still is late",
  },
  "node-unserved": {
    severity: "critical",
    title: "no node serves it",
    remedy: "look at the nodes and at the network; without one nothing is seen or sent",
  },
  "endpoint-down": {
    severity: "warning",
    title: "a node does not answer",
    remedy: "the others are used meanwhile; look at this one",
  },
  "endpoint-foreign": {
    severity: "critical",
    title: "a node is of another chain, or the contracts are not those of the deployment",
    remedy: "take it out of the configuration: what it says is not believed",
  },
  "chain-stalled": {
    severity: "critical",
    title: "no new block",
    remedy:
      "look at the chain's status page: where the sequencer is down there is nothing to do but to be ready when it is back",
  },
  "clock-off": {
    severity: "warning",
    title: "clock and chain differ",
    remedy: "set the machine's clock (NTP); decisions do not use it, but logs and latencies do",
  },
  "low-balance": {
    severity: "warning",
    title: "little ether left",
    remedy: "send ether to the operator's account",
  },
  "loans-left": {
    severity: "warning",
    title: "liquidatable loans are left",
    remedy: "keeper explain <loan> says why; most often the market is too thin, or the limits too tight",
  },
  "bad-debt": {
    severity: "warning",
    title: "loans are beyond rescue",
    remedy: "tell the lenders; mark-losses-from marks what is expected to be lost, so that nobody leaves at par",
  },
  "books-differ": {
    severity: "critical",
    title: "the books and the chain differ",
    remedy:
      "look for transactions of the operator's account that are not the keeper's: if there are, the key is known to others",
  },
  "store-failing": {
    severity: "critical",
    title: "the store cannot be written",
    remedy:
      "look at the disk or the database; nothing is lost while the keeper runs, but do not stop it before it is over",
  },
  "lane-stuck": {
    severity: "warning",
    title: "a transaction is not mined and holds up those behind it",
    remedy: "it is replaced with higher fees by itself; if it stays, raise priority-fee-gwei or max-fee-ether",
  },
  "key-shared": {
    severity: "critical",
    title: "transactions of its account are under way that it did not send",
    remedy: "find out who else has the key; if nobody should, call setOperator(account, false) and use another key",
  },
  "signer-failing": {
    severity: "critical",
    title: "a key does not sign",
    remedy: "look at the key service and at the right to use the key; nothing is sent from this account meanwhile",
  },
  "leadership-lost": {
    severity: "warning",
    title: "it does not lead any more",
    remedy: "another keeper does: look why this one was too slow, or could not reach the database",
  },
  "took-over": {
    severity: "info",
    title: "it has taken over",
    remedy: "look after the keeper that led before",
  },
} as const satisfies Readonly<Record<string, AlertKind>>;

export type AlertName = keyof typeof ALERTS;
export const ALERT_NAMES = Object.keys(ALERTS) as AlertName[];
