import { expect } from "chai";
import { Interface, type ParamType } from "ethers";
import fc from "fast-check";
import { loanManagerAbi, protectionOrdersAbi, termLoanManagerAbi } from "../../../sdk/client/abi/index.js";
import { type EventName, FIELD, dataAt, eventOf, newWords, readWords } from "../../../keeper/index/events.js";
import { WORD, toBigint } from "../../../keeper/index/table/words.js";

const interfaces = [loanManagerAbi, termLoanManagerAbi, protectionOrdersAbi].map((abi) => new Interface(abi));

/** Any value of a parameter, at its borders often. */
function valueOf(type: ParamType): fc.Arbitrary<unknown> {
  if (type.baseType === "tuple") return fc.tuple(...(type.components ?? []).map(valueOf));
  if (type.type === "address")
    return fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`);
  if (type.type === "bytes")
    return fc.uint8Array({ maxLength: 70 }).map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`);
  if (type.type === "bytes32")
    return fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`);
  if (type.type === "bool") return fc.boolean();
  const most = 2n ** BigInt(type.type.slice(4)) - 1n;
  return fc.oneof(fc.bigInt(0n, most), fc.constantFrom(0n, 1n, most));
}

/** Arguments by name, those of a struct among them. */
function flat(inputs: readonly ParamType[], values: readonly unknown[]): Map<string, unknown> {
  const found = new Map<string, unknown>();
  inputs.forEach((input, at) => {
    if (input.baseType === "tuple")
      for (const [name, value] of flat(input.components ?? [], values[at] as unknown[])) found.set(name, value);
    else found.set(input.name, values[at]);
  });
  return found;
}

describe("keeper: the decoder of events", () => {
  const words = newWords();
  let known = 0;
  for (const abi of interfaces) {
    abi.forEachEvent((fragment) => {
      const probe = { topics: [fragment.topicHash], data: "0x", address: "", blockNumber: 0 };
      const name = eventOf(probe);
      if (name === undefined) return;
      known += 1;
      it(`reads ${fragment.format()} as ethers does`, () => {
        fc.assert(
          fc.property(fc.tuple(...fragment.inputs.map(valueOf)), fc.boolean(), (args, inCapitals) => {
            const { topics, data } = abi.encodeEventLog(fragment, args);
            const spelt = (text: string): string => (inCapitals ? `0x${text.slice(2).toUpperCase()}` : text);
            const log = { address: "", blockNumber: 1, topics: topics.map(spelt), data: spelt(data) };
            expect(eventOf(log)).to.equal(name);
            expect(readWords(log, name, words)).to.equal(true);
            const values = flat(fragment.inputs, args);
            const [first] = fragment.inputs;
            expect(toBigint(words, 0, WORD)).to.equal(BigInt(values.get(first?.name ?? "") as bigint));
            for (const [field, word] of Object.entries(
              (FIELD as Partial<Record<EventName, Record<string, number>>>)[name] ?? {},
            )) {
              if (UNREAD.has(`${name}.${field}`)) continue;
              expect(toBigint(words, dataAt(word), WORD), field).to.equal(BigInt(values.get(field) as bigint));
            }
          }),
          { numRuns: 25 },
        );
      });
    });
  }

  it("knows the events of both managers and of the orders, and takes no log that is cut off", () => {
    expect(known).to.equal(26);
    const { topics, data } = interfaces[0]!.encodeEventLog("ToppedUp", [5n, `0x${"00".repeat(20)}`, 7n]);
    expect(readWords({ address: "", blockNumber: 1, topics, data: data.slice(0, -2) }, "ToppedUp", words)).to.equal(
      false,
    );
    expect(readWords({ address: "", blockNumber: 1, topics: topics.slice(0, 1), data }, "ToppedUp", words)).to.equal(
      false,
    );
  });
});

/** Nobody asks for them; and where an order's struct begins is no argument. */
const UNREAD = new Set([
  ...["Opened.receiver", "Opened.principal", "Drawn.receiver", "Drawn.assets", "Withdrawn.receiver", "Closed.receiver"],
  ...["Closed.assets", "Liquidated.repaid", "TermLoanOpened.receiver", "TermLoanOpened.agreement"],
  ...["RolledOver.agreement", "DefaultMarked.defaultedAt", "OrderPlaced.at"],
]);
