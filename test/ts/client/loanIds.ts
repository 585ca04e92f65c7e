import { expect } from "chai";
import fc from "fast-check";
import { getAddress, hexlify } from "ethers";
import {
  InvalidLoanId,
  decodeLoanId,
  encodeLoanId,
  formatLoanId,
  parseLoanId,
  shortLoanId,
} from "../../../sdk/client/loanIds.js";

const OPENER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";

describe("client: loan ids", () => {
  it("takes apart what it put together, for every opener, facility and salt", () => {
    const parts = fc.record({
      opener: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => getAddress(hexlify(bytes))),
      facility: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      salt: fc.bigInt(0n, 2n ** 64n - 1n),
    });
    fc.assert(
      fc.property(parts, (loan) => {
        const id = encodeLoanId(loan);
        expect(decodeLoanId(id)).to.deep.equal(loan);
        expect(parseLoanId(id.toString())).to.equal(id);
        expect(parseLoanId(formatLoanId(id))).to.equal(id);
        expect(parseLoanId(shortLoanId(id), loan.opener)).to.equal(id);
      }),
    );
  });

  it("reads facility:salt only for somebody, and says what is missing", () => {
    expect(parseLoanId("1:7", OPENER)).to.equal(encodeLoanId({ opener: OPENER, facility: 1, salt: 7n }));
    expect(() => parseLoanId("1:7")).to.throw(InvalidLoanId, /say who you are/);
  });

  it("refuses what names no loan", () => {
    for (const text of ["", "abc", "1:", ":1", "1:2:3", "-5", "0xzz", "5", `0x1${"0".repeat(64)}`, `${2n ** 256n}`]) {
      expect(() => parseLoanId(text, OPENER), text).to.throw(InvalidLoanId);
    }
    expect(() => parseLoanId(`1:${2n ** 64n}`, OPENER)).to.throw(InvalidLoanId, /salt is between/);
    expect(() => parseLoanId("0:1", OPENER)).to.throw(InvalidLoanId, /facility's number is between/);
  });
});
