import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { FIELD_NAMES, flagOf } from "../../../keeper/config/fields.js";
import { ALERTS, ALERT_NAMES } from "../../../keeper/serve/alerts/kinds.js";
import { Metrics } from "../../../keeper/serve/metrics.js";
import { statusPage } from "../../../keeper/serve/page.js";
import type { StatusReport } from "../../../keeper/serve/status.js";
import { STAGES } from "../../../keeper/serve/trace.js";

const ROOT = new URL("../../../", import.meta.url);
const file = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");
const OPERATE = fileURLToPath(new URL("keeper/operate/", ROOT));

/** Names as Prometheus has them: a histogram is three series. */
async function exposed(): Promise<{ own: Set<string>; series: Set<string> }> {
  const metrics = new Metrics();
  const all = await metrics.registry.getMetricsAsJSON();
  const own = new Set(all.map(({ name }) => name).filter((name) => name.startsWith("ballast_")));
  const series = new Set(
    all.flatMap(({ name, type }) =>
      String(type) === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name],
    ),
  );
  return { own, series };
}

const namesIn = (text: string): Set<string> => new Set(text.match(/\b(ballast_keeper|process|nodejs)_[a-z0-9_]+/g));

interface Dashboard {
  readonly panels: readonly { title: string; id: number; targets: readonly { expr: string }[] }[];
}

describe("keeper: what is there for operators", () => {
  it("documents every metric there is, and none that there is not", async () => {
    const { own } = await exposed();
    const documented = [...file("docs/keeper.md").matchAll(/^\| `(ballast_keeper_[a-z_]+)`/gm)].map(([, name]) => name);
    expect(documented).to.have.members([...own]);
    const text = file("docs/keeper.md");
    for (const stage of STAGES) expect(text, `stage ${stage}`).to.contain(`\`${stage}\``);
  });

  it("documents every alert with what to do, and none that there is not", () => {
    const documented = [...file("docs/keeper.md").matchAll(/^#### `([a-z-]+)` \((\w+)\)$/gm)];
    expect(documented.map(([, name, severity]) => `${name} ${severity}`)).to.have.members(
      ALERT_NAMES.map((name) => `${name} ${ALERTS[name].severity}`),
    );
  });

  it("names no option in its documents that there is not", () => {
    const flags = new Set(FIELD_NAMES.map(flagOf));
    const commands = ["--by", "--csv", "--json", "--from", "--to", "--as", "--config", "--help"];
    const others = ["--step-percent", "--down-to-percent", "--days", "--step-days", "--market"];
    // Other programs have options too: in code by itself, and on lines that run the keeper, it is its own.
    const ownIn = (line: string): string[] =>
      line.includes("npm run -s keeper --") ? [line.split("keeper -- ")[1] ?? ""] : (line.match(/`--[^`]+`/g) ?? []);
    for (const path of ["docs/keeper.md", "keeper/operate/README.md"]) {
      const own = file(path).split("\n").flatMap(ownIn).join(" ");
      const named = [...own.matchAll(/--[a-z][a-z-]+/g)].map(([flag]) => flag);
      expect(named, path).to.not.have.length(0);
      for (const flag of named) {
        expect(flags.has(flag) || commands.includes(flag) || others.includes(flag), `${path}: ${flag}`).to.equal(true);
      }
    }
  });

  it("has a dashboard and alert rules of metrics that there are; every metric is on the dashboard", async () => {
    const { own, series } = await exposed();
    const { panels } = JSON.parse(file("keeper/operate/dashboard.json")) as Dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length);
    const drawn = namesIn(file("keeper/operate/dashboard.json"));
    for (const name of drawn) expect(series.has(name), `dashboard: ${name}`).to.equal(true);
    for (const name of namesIn(file("keeper/operate/alerts.yml").replace(/^ +description:.*$/gm, ""))) {
      expect(series.has(name), `rules: ${name}`).to.equal(true);
    }
    const shown = [...drawn].map((name) => name.replace(/_(bucket|sum|count)$/, ""));
    const missing = [...own].filter((name) => !shown.includes(name));
    expect(missing).to.deep.equal([]);
  });

  it("has alert rules that Prometheus takes, and that fire when they should (promtool)", function () {
    const promtool = process.env.PROMTOOL ?? "promtool";
    if (spawnSync(promtool, ["--version"]).error !== undefined) {
      console.log("      promtool is not installed (Debian's package prometheus has it): skipped");
      return this.skip();
    }
    const run = (...args: string[]) => spawnSync(promtool, args, { cwd: OPERATE, encoding: "utf8" });
    for (const args of [
      ["check", "rules", "alerts.yml"],
      ["test", "rules", "alerts.test.yml"],
    ]) {
      const { status, stdout, stderr } = run(...args);
      expect(status, stdout + stderr).to.equal(0);
    }
    // Every rule is in the tests.
    const rules = [...file("keeper/operate/alerts.yml").matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    for (const name of rules) expect(file("keeper/operate/alerts.test.yml"), name).to.contain(`alertname: ${name}\n`);
  });

  it("says of its image that it was not built here; runs as nobody in particular, and is asked for its health", () => {
    const image = file("keeper/operate/Dockerfile");
    expect(image)
      .to.match(/never built there/)
      .and.match(/^USER node$/m)
      .and.match(/^HEALTHCHECK /m);
    const unit = file("keeper/operate/ballast-keeper.service");
    expect(unit)
      .to.match(/^NoNewPrivileges=yes$/m)
      .and.match(/^LimitCORE=0$/m)
      .and.match(/^ProtectSystem=strict$/m);
  });

  it("fault K37: what decides about loans never looks at this machine's clock", () => {
    const folders = ["index", "judge", "plan", "errand"];
    const files = folders.flatMap((folder) =>
      readdirSync(new URL(`keeper/${folder}/`, ROOT), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => `keeper/${folder}/${name}`),
    );
    expect(files.length).to.be.greaterThan(10);
    for (const path of files) expect(file(path), path).to.not.match(/Date\.now|new Date\b/);
  });

  it("shows a page on which no text from elsewhere is markup, and which asks for nothing from elsewhere", () => {
    const evil = `<script>alert("1")</script>`;
    const page = statusPage(statusWith(evil), new Date("2026-01-31T12:00:00Z"));
    expect(page)
      .to.not.contain("<script")
      .and.not.match(/\b(src|href)="(?!\/)/);
    expect(page).to.contain("&#60;script&#62;");
    expect(page).to.contain("1,234.56 USDX").and.contain("−0.50 USDX").and.contain("left");
  });
});

function statusWith(text: string): StatusReport {
  const fees = { l2Gas: "1", l1Data: "2", operator: "3" };
  return {
    ...{
      mode: "run",
      startedAt: "2026-01-31T00:00:00.000Z",
      network: text,
      chainId: 1,
      operator: text,
      liquidator: text,
    },
    decided: { number: 5, hash: "0x05", timestamp: 5 },
    head: { number: 6, hash: "0x06", timestamp: 6 },
    pending: 1,
    pendingTransactions: [{ nonce: 1, kind: text, subjects: [text], hashes: [text], sentAtBlock: 4 }],
    ...{ halted: text, loans: 3 },
    facilities: [
      ...[
        {
          id: 1,
          loanSymbol: "USDX",
          loanDecimals: 6,
          loans: 3,
          debt: "1234560000",
          priceE36: null,
          refusal: text,
          heldUntil: null,
        },
      ],
    ],
    atRisk: [
      ...[
        {
          loan: text,
          facility: 1,
          debt: "1234560000",
          collateral: "1",
          health: "0.9",
          action: "left" as const,
          reason: text,
        },
      ],
    ],
    totals: { outcomes: {}, fees, assets: {} },
    results: [],
    leadership: { role: "leader", holder: text, shards: [0], fence: "7" },
    endpoints: [{ endpoint: text, state: "down", head: null, latencyMs: null, note: text }],
    alerts: [
      ...[
        {
          kind: "halted" as const,
          severity: "critical" as const,
          about: text,
          title: text,
          details: { why: text },
          since: text,
        },
      ],
    ],
    profitByDay: [
      {
        ...{ day: "2026-01-31", asset: "0x01", symbol: "USDX", decimals: 6, done: 1, other: 2, grossProfit: "500000" },
        ...{ fees: "1000000", netProfit: "-500000", feesWei: "5" },
      },
    ],
    health: { ok: false, reason: text },
    ready: { ok: true, reason: "" },
  };
}
