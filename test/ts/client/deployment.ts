import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { InvalidDeployment } from "../../../sdk/client/errors.js";
import { parseDeployment } from "../../../sdk/client/deployment.js";
import { readDeployment, writeDeployment } from "../../../sdk/client/deploymentFile.js";

const at = (digit: string): string => `0x${digit.repeat(40)}`;

function content() {
  return {
    network: "devnet",
    chainId: 901,
    fromBlock: 12,
    loanManager: at("1"),
    liquidationEngine: at("2"),
    lens: at("3"),
    termLoanManager: at("a"),
    termLoanBook: at("b"),
    termLens: at("c"),
    accessManager: at("4"),
    facilities: [
      {
        id: 1,
        name: "WBTC / USDX",
        kind: "revolving" as const,
        pool: at("5"),
        vault: at("6"),
        oracle: at("7"),
        tranche: at("8"),
        collateralAsset: "0xabcdefabcdefabcdefabcdefabcdefabcdefabcd",
        loanAsset: at("9"),
      },
    ],
    tokens: {
      "0xabcdefabcdefabcdefabcdefabcdefabcdefabcd": { symbol: "WBTC", decimals: 8 },
      [at("9")]: { symbol: "USDX", decimals: 6 },
    },
  };
}

describe("client: deployment file", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "ballast-deployment-"))));
  after(() => rmSync(folder, { recursive: true }));

  it("reads back what it wrote, with checksummed addresses as keys and values", () => {
    const file = join(folder, "deep", "deployment.json");
    const written = writeDeployment(content(), file);
    expect(readDeployment(file)).to.deep.equal(written);
    const [facility] = written.facilities;
    expect(facility?.collateralAsset).to.equal("0xABcdEFABcdEFabcdEfAbCdefabcdeFABcDEFabCD");
    expect(written.tokens[facility?.collateralAsset ?? ""]?.symbol).to.equal("WBTC");
  });

  it("names every field that is wrong, not only the first", () => {
    const broken = { ...content(), chainId: "901", loanManager: "0x12" };
    expect(() => parseDeployment(broken, "some.json")).to.throw(InvalidDeployment, /some\.json[^]*chainId[^]*0x12/);
  });

  it("refuses an address whose checksum is wrong", () => {
    const broken = { ...content(), lens: "0xABcdEFABcdEFabcdEfAbCdefabcdeFABcDEFabCd" };
    expect(() => parseDeployment(broken)).to.throw(InvalidDeployment, /lens: 0xABcdEF.* is not an address/);
  });

  it("refuses a facility whose token it says nothing about, and a number used twice", () => {
    const unknown = content();
    delete unknown.tokens[at("9")];
    expect(() => parseDeployment(unknown)).to.throw(/facilities\.0\.loanAsset: tokens has no entry/);
    const twice = content();
    twice.facilities.push({ ...content().facilities[0]! });
    expect(() => parseDeployment(twice)).to.throw(/facility 1 is listed twice/);
  });

  it("says what to do when there is no file, and when it is not JSON", () => {
    expect(() => readDeployment(join(folder, "none.json"))).to.throw(InvalidDeployment, /npm run devnet/);
    const file = join(folder, "broken.json");
    writeFileSync(file, "{");
    expect(() => readDeployment(file)).to.throw(InvalidDeployment, /is not JSON/);
  });
});
