// npm run -s bench:gas [-- --json]: what each operation costs, beside Morpho Blue in the same run.
//
// Method: receipt gas on an OP-type chain; the same token and feed contracts for both; a market in use; recipients hold both
// tokens already; 100 s between calls, every call a transaction of its own (cold storage). The peer has its best case: its
// oracle reads two feeds and checks nothing, its rate model is its own mock (no curve, no state). Ours checks age and bounds
// of both feeds and the sequencer's uptime, and runs the adaptive curve.
import Table from "cli-table3";
import { measureBallast } from "./ballast.js";
import { connectWithPeer } from "./chain.js";
import { measureMorpho } from "./morpho.js";
import { measureTermLoans } from "./term.js";

interface Row {
  operation: string;
  ballast: number;
  peer: number | null;
  peerName: string;
  target: number | null;
}

const peerName = "Morpho Blue 1.0.0";

async function main(): Promise<void> {
  const unknown = process.argv.slice(2).filter((argument) => argument !== "--json");
  if (unknown.length > 0)
    throw new Error(`Unknown argument ${unknown.join(" ")}. Usage: npm run -s bench:gas [-- --json]`);
  const chain = await connectWithPeer();
  const ballast = await measureBallast(chain);
  const morpho = await measureMorpho(chain);
  const termChain = await connectWithPeer();
  const term = await measureTermLoans(termChain, true);
  await termChain.close();
  const own = (operation: string, gas: number, target: number | null): Row => ({
    ...{ operation, ballast: gas, peer: null, peerName, target },
  });

  const rows: Row[] = [
    {
      operation: "open (collateral in + borrow)",
      ballast: ballast.open,
      peer: morpho.supplyCollateral + morpho.borrow,
      peerName,
      target: 150_000,
    },
    {
      operation: "repay all + collateral out",
      ballast: ballast.close,
      peer: morpho.repay + morpho.withdrawCollateral,
      peerName,
      target: 100_000,
    },
    {
      operation: "whole life",
      ballast: ballast.open + ballast.close,
      peer: morpho.supplyCollateral + morpho.borrow + morpho.repay + morpho.withdrawCollateral,
      peerName,
      target: 240_000,
    },
    { operation: "partial liquidation", ballast: ballast.liquidate, peer: morpho.liquidate, peerName, target: 132_000 },
    { operation: "top up", ballast: ballast.topUp, peer: morpho.topUp, peerName, target: 60_000 },
    { operation: "lend", ballast: ballast.lend, peer: morpho.lend, peerName, target: 95_000 },
    { operation: "redeem", ballast: ballast.redeem, peer: morpho.withdraw, peerName, target: null },
    { operation: "draw more", ballast: ballast.draw, peer: morpho.borrowMore, peerName, target: null },
    { operation: "repay part", ballast: ballast.repay, peer: morpho.repayPart, peerName, target: null },
    {
      operation: "calldata of open, bytes",
      ballast: ballast.openCalldata,
      peer: morpho.openCalldata,
      peerName,
      target: 260,
    },
    {
      operation: "calldata of open, non-zero bytes",
      ballast: ballast.openCalldataNonZero,
      peer: morpho.openCalldataNonZero,
      peerName,
      target: 120,
    },
    // No peer has dated loans; cover, junior and senior lenders stand behind these.
    own("open a term loan (1.35 x open)", term.open, Math.floor(ballast.open * 1.35)),
    own("pay an instalment on its date", term.payOnDate, 90_000),
    own("pay one ahead of its date", term.payAhead, null),
    own("pay one late, with charges", term.payLate, null),
    own("mark a default", term.markDefault, null),
    own("sale with a loss through all classes", term.saleWithLoss, null),
  ];

  if (process.argv.includes("--json")) console.log(JSON.stringify(rows, null, 2));
  else {
    const table = new Table({ head: ["operation", "Ballast", peerName, "ratio", "target", "met"] });
    for (const { operation, ballast: ours, peer, target } of rows)
      table.push([
        operation,
        ours.toLocaleString("en"),
        peer === null ? "–" : peer.toLocaleString("en"),
        peer === null ? "–" : (ours / peer).toFixed(2),
        target === null ? "–" : `<= ${target.toLocaleString("en")}`,
        target === null ? "–" : ours <= target ? "yes" : "NO",
      ]);
    console.log(table.toString());
  }
  await chain.close();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
