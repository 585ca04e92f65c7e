import Table from "cli-table3";
import { SingleBar } from "cli-progress";
import type { Deployment } from "../../sdk/client/deployment.js";
import type { Progress } from "../ignition.js";

/** Progress on stderr: a bar for people, a line a step for logs. */
export function progressPrinter(): { onProgress: (progress: Progress) => void; end: () => void } {
  if (!process.stderr.isTTY) {
    return { onProgress: ({ done, total, step }) => console.error(`${done}/${total} ${step}`), end: () => undefined };
  }
  const bar = new SingleBar({ format: "{bar} {value}/{total} {step}", stream: process.stderr, hideCursor: true });
  let started = false;
  return {
    onProgress: ({ done, total, step }) => {
      if (!started) bar.start(total, 0, { step });
      started = true;
      bar.setTotal(total);
      bar.update(done, { step });
    },
    end: () => bar.stop(),
  };
}

/** Addresses as a table. */
export function addressTable(deployment: Deployment): string {
  const table = new Table({ head: ["", "address"], style: { head: [], border: [] } });
  const loans = ["loanManager", "termLoanManager", "termLoanBook", "liquidationEngine", "lens", "termLens"] as const;
  const rules = ["accessManager", "roleTable", "capital"] as const;
  const periphery = ["liquidator", "repayWithCollateral", "protectionOrders"] as const;
  for (const key of [...loans, ...rules, ...periphery]) {
    const address = deployment[key];
    if (address !== undefined) table.push([key, address]);
  }
  for (const facility of deployment.facilities) {
    for (const key of ["pool", "tranche", "junior", "cover", "queue", "vault", "oracle"] as const) {
      const address = facility[key];
      if (address !== undefined) table.push([`facility ${facility.id} ${facility.name}: ${key}`, address]);
    }
  }
  return table.toString();
}
