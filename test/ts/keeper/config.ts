import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Command } from "commander";
import JSON5 from "json5";
import { exampleConfig } from "../../../keeper/config/example.js";
import { nearest } from "../../../keeper/config/field.js";
import { FIELDS, FIELD_NAMES, flagOf, variableOf } from "../../../keeper/config/fields.js";
import { addConfigOptions, configEpilogue } from "../../../keeper/config/help.js";
import { loadConfig } from "../../../keeper/config/load.js";
import { publicUrl, secretOf } from "../../../keeper/config/secrets.js";
import { InvalidConfig } from "../../../keeper/errors.js";
import { FolderOfTests } from "./support/folder.js";

describe("keeper: configuration", () => {
  const folder = new FolderOfTests();
  const file = folder.file.bind(folder);

  it("has a default for everything", () => {
    expect(loadConfig({}, {})).to.include({ pollMs: 500, slippageBps: 50, minProfit: "1", report: false });
  });

  it("lets flags go before the environment and the environment before the file", () => {
    const path = file("a.json", JSON.stringify({ pollMs: 100, slippageBps: 10, maxPerBlock: 3 }));
    const environment = { BALLAST_KEEPER_POLL_MS: "200", BALLAST_KEEPER_SLIPPAGE_BPS: "20", PATH: "/bin" };
    const config = loadConfig({ pollMs: "300", report: true }, environment, path);
    expect(config).to.include({ pollMs: 300, slippageBps: 20, maxPerBlock: 3, report: true });
  });

  it("refuses unknown fields and unknown variables, and names the ones that were meant", () => {
    expect(() => loadConfig({}, {}, file("b.json", "{slipageBps: 10, polMs: 3}"))).to.throw(
      InvalidConfig,
      /no field slipageBps; did you mean slippageBps\?\n.*no field polMs; did you mean pollMs\?/,
    );
    expect(() => loadConfig({}, { BALLAST_KEEPER_POL_MS: "1" })).to.throw(
      InvalidConfig,
      /no option BALLAST_KEEPER_POL_MS; did you mean BALLAST_KEEPER_POLL_MS\?/,
    );
    expect(nearest("entirelyElse", ["pollMs"])).to.equal(undefined);
    expect(nearest("plolMs", ["rpc", "pollMs"]), "two letters exchanged").to.equal("pollMs");
  });

  it("takes comments and trailing commas in a file", () => {
    const path = file("f.json5", "{\n  // sooner\n  pollMs: 100,\n}");
    expect(loadConfig({}, {}, path).pollMs).to.equal(100);
  });

  it("takes every field from file, variable and flag, but no secret from a flag: arguments are seen by others", () => {
    const command = addConfigOptions(new Command());
    const flags = new Set(command.options.map(({ long }) => long));
    for (const name of FIELD_NAMES) {
      expect(flags.has(flagOf(name)), name).to.equal(!("isSecret" in FIELDS[name]));
    }
    const environment = {
      DATABASE_URL: "postgres://shared",
      BALLAST_KEEPER_RPC: "http://a.example,http://b.example",
      BALLAST_KEEPER_FEE_TIERS: "500,3000",
      BALLAST_KEEPER_PENDING_VIEW: "true",
      BALLAST_KEEPER_ALERTS: '[{format: "slack", url: "env:HOOK"}]',
    };
    const config = loadConfig({ keys: "file:a,kms:b", shards: "1,5+2" }, environment);
    expect(config.databaseUrl).to.equal("postgres://shared");
    expect(config.rpc).to.deep.equal(["http://a.example", "http://b.example"]);
    expect(config.feeTiers).to.deep.equal([500, 3_000]);
    expect(config.keys).to.deep.equal(["file:a", "kms:b"]);
    expect(config.shards).to.deep.equal([[1, 5], [2]]);
    expect(config.pendingView).to.equal(true);
    expect(config.alerts).to.deep.equal([{ format: "slack", url: "env:HOOK" }]);
    const own = loadConfig({}, { ...environment, BALLAST_KEEPER_DATABASE_URL: "postgres://own" });
    expect(own.databaseUrl).to.equal("postgres://own");
  });

  it("documents every field once: --help and the annotated example are made of it, and the example in the repository is that", () => {
    const command = addConfigOptions(new Command()).configureHelp({ helpWidth: 10_000 });
    const help = command.helpInformation() + configEpilogue();
    for (const name of FIELD_NAMES) {
      expect(help, name).to.contain(FIELDS[name].help);
      expect(exampleConfig(), name).to.match(new RegExp(`^  (// )?${name}: `, "m"));
    }
    expect(help).to.match(/--poll-ms <ms> +how often to look for a new block \(milliseconds; default 500\)/);
    const example = readFileSync(new URL("../../../keeper/operate/keeper.example.json5", import.meta.url), "utf8");
    expect(example, "keeper config > keeper/operate/keeper.example.json5").to.equal(exampleConfig());
  });

  it("has an example that says nothing but the defaults, and one that is usable with what it leaves out", () => {
    const path = file("example.json5", exampleConfig());
    expect(loadConfig({}, {}, path)).to.deep.equal(loadConfig({}, {}));
    const all = JSON5.parse<Record<string, unknown>>(exampleConfig().replace(/^ {2}\/\/ (\w+: .*,)$/gm, "  $1"));
    expect(Object.keys(all)).to.have.members(FIELD_NAMES);
    delete all.keystore;
    expect(() => loadConfig({}, {}, file("all.json5", JSON5.stringify(all)))).to.not.throw();
  });

  it("fault K36: shows an address without the key in it, and a secret's place instead of the secret", () => {
    expect(publicUrl("https://me:pass@node.example:444/v2/abcdef?key=1")).to.equal("https://node.example:444/…");
    expect(publicUrl("http://127.0.0.1:8545")).to.equal("http://127.0.0.1:8545");
    expect(publicUrl("hunter2")).to.equal("an address that cannot be read");
    expect(secretOf("env:HOOK", { HOOK: "s3cret" })).to.equal("s3cret");
    expect(secretOf(`file:${file("hook", "s3cret\n")}`, {})).to.equal("s3cret");
    expect(secretOf("s3cret", {})).to.equal("s3cret");
    expect(() => secretOf("env:HOOK", {})).to.throw(InvalidConfig, /HOOK/);
    expect(() => loadConfig({}, { BALLAST_KEEPER_ALERTS: '[{format: "fax", url: "s3cret"}]' }))
      .to.throw(InvalidConfig, /alerts\.0\.format \(BALLAST_KEEPER_ALERTS\)/)
      .and.not.match(/s3cret/);
    expect(variableOf("databaseUrl")).to.equal("BALLAST_KEEPER_DATABASE_URL");
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

  it("refuses a file that is missing, is not JSON5, or not an object", () => {
    expect(() => loadConfig({}, {}, folder.pathOf("none.json"))).to.throw(InvalidConfig, /none\.json/);
    expect(() => loadConfig({}, {}, file("c.json", "{"))).to.throw(InvalidConfig, /not JSON5/);
    expect(() => loadConfig({}, {}, file("d.json", "[]"))).to.throw(InvalidConfig, /not an object/);
  });

  it("takes the price of ether from a flag or a feed from the file", () => {
    expect(loadConfig({ etherPrice: "1800.5" }, {}).etherPrice).to.deep.equal({ fixed: "1800.5" });
    const feed = `0x${"ab".repeat(20)}`;
    const path = file("e.json", JSON.stringify({ etherPrice: { feed } }));
    expect(loadConfig({}, {}, path).etherPrice).to.include({ maxAgeSeconds: 3_900 });
  });
});
