import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { loadConfig } from "../../../keeper/config/load.js";
import { InvalidConfig } from "../../../keeper/errors.js";

describe("keeper: configuration", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "ballast-keeper-"))));
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it("has a default for everything", () => {
    expect(loadConfig({}, {})).to.include({ pollMs: 500, slippageBps: 50, minProfit: "1", report: false });
  });

  it("lets flags go before the environment and the environment before the file", () => {
    const path = file("a.json", JSON.stringify({ pollMs: 100, slippageBps: 10, maxPerBlock: 3 }));
    const environment = { BALLAST_KEEPER_POLL_MS: "200", BALLAST_KEEPER_SLIPPAGE_BPS: "20", PATH: "/bin" };
    const config = loadConfig({ pollMs: "300", report: true }, environment, path);
    expect(config).to.include({ pollMs: 300, slippageBps: 20, maxPerBlock: 3, report: true });
  });

  it("refuses unknown fields and unknown variables, and names them", () => {
    expect(() => loadConfig({}, {}, file("b.json", '{"slipageBps": 10}'))).to.throw(InvalidConfig, /slipageBps/);
    expect(() => loadConfig({}, { BALLAST_KEEPER_POL_MS: "1" })).to.throw(InvalidConfig, /BALLAST_KEEPER_POL_MS/);
  });

  it("names every field that is wrong and where it came from", () => {
    const environment = { BALLAST_KEEPER_HTTP_PORT: "99999", BALLAST_KEEPER_MIN_PROFIT: "-3" };
    for (const fault of [
      /httpPort \(BALLAST_KEEPER_HTTP_PORT\)/,
      /minProfit \(BALLAST_KEEPER_MIN_/,
      /pollMs \(flag\)/,
    ]) {
      expect(() => loadConfig({ pollMs: "soon" }, environment)).to.throw(InvalidConfig, fault);
    }
  });

  it("refuses a file that is missing, is not JSON, or not an object", () => {
    expect(() => loadConfig({}, {}, join(folder, "none.json"))).to.throw(InvalidConfig, /none\.json/);
    expect(() => loadConfig({}, {}, file("c.json", "{"))).to.throw(InvalidConfig, /not JSON/);
    expect(() => loadConfig({}, {}, file("d.json", "[]"))).to.throw(InvalidConfig, /not an object/);
  });

  it("takes the price of ether from a flag or a feed from the file", () => {
    expect(loadConfig({ etherPrice: "1800.5" }, {}).etherPrice).to.deep.equal({ fixed: "1800.5" });
    const feed = `0x${"ab".repeat(20)}`;
    const path = file("e.json", JSON.stringify({ etherPrice: { feed } }));
    expect(loadConfig({}, {}, path).etherPrice).to.include({ maxAgeSeconds: 3_900 });
  });
});
