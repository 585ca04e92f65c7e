import { expect } from "chai";
import fc from "fast-check";
import { SIGNERS, type Setting, dispatching, loan, store } from "./support/dispatching.js";
import { FakeMempool, type SendFault } from "./support/fakeMempool.js";
import { Killer } from "./support/killable.js";

const NAMES = ["a", "b", "c", "d", "e"];
const RUNS = Number(process.env["DISPATCH_RUNS"] ?? 20);

const laneOf = (index: number): string => SIGNERS[index]?.address ?? "";

type Event =
  | { readonly kind: "block"; readonly isEmpty: boolean; readonly without: number | undefined }
  | { readonly kind: "reorg"; readonly depth: number; readonly forget: boolean }
  | { readonly kind: "fault"; readonly fault: SendFault }
  | { readonly kind: "forget" }
  | { readonly kind: "foreign"; readonly lane: number }
  | { readonly kind: "fee"; readonly factor: number }
  | { readonly kind: "unwanted" }
  | { readonly kind: "kill"; readonly after: number };

const events: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("block" as const),
      isEmpty: fc.boolean(),
      without: fc.option(fc.nat(2), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("reorg" as const),
      depth: fc.integer({ min: 1, max: 6 }),
      forget: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("fault" as const),
      fault: fc.constantFrom<SendFault>(
        ...(["answer-lost", "request-lost", "swallowed", "rejected", "no-funds", "pool-full", "rate-limited"] as const),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("foreign" as const), lane: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("fee" as const), factor: fc.integer({ min: 1, max: 4_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("unwanted" as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("kill" as const), after: fc.integer({ min: 1, max: 60 }) }) },
);

describe("keeper: dispatcher, whatever happens", () => {
  it("faults K8, K12–K17, K29: each loan is dealt with by one mined transaction, nonces have no gap, and every intent comes to an end", async function () {
    this.timeout(600_000);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(events, { minLength: 5, maxLength: 40 }),
        async (lanes, history) => {
          const chain = new FakeMempool();
          const { journal } = await store();
          const time = { now: 0 };
          const wanted = { yes: true };
          const minedAbout = (name: string): number =>
            chain.blocks
              .flatMap((block) => block.transactions)
              .filter(({ transaction }) => transaction?.data === loan(name)).length;
          let rolledBackTo: number | undefined;
          let killer = new Killer(Infinity);
          const boot = async () => {
            const setting: Setting = {
              ...{ chain, lanes, node: killer.over(chain, "node"), journal: killer.over(journal, "journal") },
              clock: () => time.now,
            };
            const process = await dispatching(setting);
            rolledBackTo = undefined;
            return process;
          };
          /** One decision of the loop: what reorganised, what came of what was sent, and what is still due. */
          const decide = async (process: Awaited<ReturnType<typeof boot>>): Promise<void> => {
            process.wanted.yes = wanted.yes;
            if (rolledBackTo !== undefined) process.dispatcher.rolledBack(rolledBackTo);
            rolledBackTo = undefined;
            await process.step(chain.newest);
            const due = NAMES.filter((name) => minedAbout(name) === 0 && !process.dispatcher.isPending(loan(name)));
            await Promise.all(due.map((name) => process.submit(name)));
          };
          const never = Symbol("no process");
          let process: Awaited<ReturnType<typeof boot>> | typeof never = never;
          const live = async (): Promise<void> => {
            const ended = await killer.run(async () => {
              if (process === never) process = await boot();
              await decide(process);
            });
            if (ended !== "killed") return;
            process = never;
            killer = new Killer(Infinity);
          };

          for (const event of history) {
            time.now += 1_500;
            switch (event.kind) {
              case "block":
                chain.mine({
                  empty: event.isEmpty,
                  without: event.without === undefined ? [] : [laneOf(event.without)],
                });
                break;
              case "reorg":
                rolledBackTo = Math.min(
                  rolledBackTo ?? Infinity,
                  chain.reorganise(event.depth, { forget: event.forget }),
                );
                chain.mine({ empty: true });
                break;
              case "fault":
                chain.faults.push(event.fault);
                break;
              case "forget":
                chain.forgetWaiting();
                break;
              case "foreign":
                chain.foreign(laneOf(event.lane));
                break;
              case "fee":
                chain.baseFee = 1_000n * BigInt(event.factor);
                break;
              case "unwanted":
                wanted.yes = !wanted.yes;
                break;
              case "kill":
                killer = new Killer(event.after);
                process = never;
            }
            await live();
          }

          chain.faults = [];
          chain.baseFee = 1_000n;
          wanted.yes = true;
          killer = new Killer(Infinity);
          process = never;
          for (let blocks = 0; blocks < 45; blocks++) {
            time.now += 1_500;
            await live();
            chain.mine();
          }
          for (const name of NAMES) expect(minedAbout(name), `transactions about ${name}`).to.equal(1);
          const entries = await journal.recent(10_000);
          for (const { state } of entries) expect(["final", "abandoned"]).to.include(state);
          const used = chain.blocks.flatMap((block) => block.transactions.map(({ from, nonce }) => `${from} ${nonce}`));
          expect(new Set(used).size, "a nonce was used twice").to.equal(used.length);
          for (let lane = 0; lane < lanes; lane++) {
            const { mined, waiting } = chain.account(laneOf(lane));
            const nonces = used.filter((one) => one.startsWith(laneOf(lane).toLowerCase())).length;
            expect([mined, waiting.size], "nonces without a gap, and nothing left").to.deep.equal([nonces, 0]);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
});
