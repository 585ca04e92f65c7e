import { expect } from "chai";
import { MARCH_2020, readSeries } from "../../../scenarios/prices/files.js";
import { parseSeries, PriceFileError } from "../../../scenarios/prices/series.js";

const read = (...lines: string[]) => parseSeries(lines.join("\n"), "day.csv");
const HEADER = "timestamp,low,close";

function messageOf(...lines: string[]): string {
  try {
    read(...lines);
  } catch (error) {
    expect(error).to.be.instanceOf(PriceFileError);
    return (error as Error).message;
  }
  throw new Error("it was read without complaint");
}

describe("scenarios: price files", () => {
  it("the built-in series is 48 hours from 12 March 2020, its lowest price 3901.25", () => {
    const hours = readSeries(MARCH_2020);
    expect(hours).to.have.length(48);
    expect(hours[0]).to.deep.equal({ startsAt: 1583971200, low: 790135000000n, close: 792379000000n });
    expect(hours[47]?.startsAt).to.equal(1583971200 + 47 * 3600);
    const lowest = hours.reduce((least, { low }) => (low < least ? low : least), hours[0]!.low);
    expect(lowest).to.equal(390125000000n);
  });

  it("reads prices exactly, in any order of columns, past a byte order mark, blanks and empty lines", () => {
    const hours = read(
      "\ufeffclose, note ,low,timestamp",
      "",
      '0.00000002,"a, b",0.00000001, 2020-01-01T05:00:00Z ',
      "",
    );
    expect(hours).to.deep.equal([{ startsAt: 1577854800, low: 1n, close: 2n }]);
  });

  for (const [what, lines, expected] of [
    [
      "a word for a price",
      [HEADER, "2020-01-01T00:00Z,1,2", "2020-01-01T01:00Z,cheap,2"],
      /^day\.csv:3, column low: "cheap"/,
    ],
    ["a ninth decimal", [HEADER, "2020-01-01T00:00Z,1.000000001,2"], /^day\.csv:2, column low: .*at most 8 decimals/],
    ["a price of zero", [HEADER, "2020-01-01T00:00Z,0.0,2"], /^day\.csv:2, column low: "0\.0" is not a price/],
    ["a negative price", [HEADER, "2020-01-01T00:00Z,1,-2"], /^day\.csv:2, column close: "-2"/],
    ["a low above the close", [HEADER, "2020-01-01T00:00Z,3,2"], /^day\.csv:2, column low: 3 is above .* close of 2/],
    [
      "a time that is no full hour",
      [HEADER, "2020-01-01T00:30Z,1,2"],
      /^day\.csv:2, column timestamp: "2020-01-01T00:30Z"/,
    ],
    ["a time without its zone", [HEADER, "2020-01-01T00:00,1,2"], /^day\.csv:2, column timestamp:/],
    ["a day that does not exist", [HEADER, "2020-02-30T00:00Z,1,2"], /^day\.csv:2, column timestamp:/],
    [
      "a missing hour",
      [HEADER, "2020-01-01T00:00Z,1,2", "", "2020-01-01T02:00Z,1,2"],
      /^day\.csv:4, column timestamp: .*T02:00Z does not follow .*T00:00Z by one hour/,
    ],
    ["hours out of order", [HEADER, "2020-01-01T01:00Z,1,2", "2020-01-01T00:00Z,1,2"], /^day\.csv:3, column timestamp/],
    [
      "a column left out of the header",
      ["timestamp,low", "2020-01-01T00:00Z,1"],
      /^day\.csv:1, column close: the header has no such column \(it has: timestamp, low\)/,
    ],
    ["a cell left out of a row", [HEADER, "2020-01-01T00:00Z,1,2", "2020-01-01T01:00Z,1"], /^day\.csv:3: .*[Cc]olumn/],
    ["a quote never closed", [HEADER, '2020-01-01T00:00Z,"1,2'], /^day\.csv:2: .*[Qq]uote/],
    ["a header alone", [HEADER], /^day\.csv: no prices in it/],
    ["nothing at all", [""], /^day\.csv: no prices in it/],
  ] as const)
    it(`refuses ${what}, naming where it stands`, () => expect(messageOf(...lines)).to.match(expected));

  it("says which file cannot be opened", () =>
    expect(() => readSeries("/nowhere/day.csv")).to.throw("/nowhere/day.csv cannot be read"));
});
