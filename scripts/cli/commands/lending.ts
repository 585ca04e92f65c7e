import { planLend, planRedeem } from "../../../sdk/client/actions/index.js";
import { formatCash, formatPercent } from "../../../sdk/client/amounts.js";
import { facilityOf } from "../../../sdk/client/facility.js";
import { readLenderPosition } from "../../../sdk/client/lender.js";
import { amountOrMost } from "../arguments.js";
import { execute } from "../execute.js";
import { pairs } from "../output.js";
import { type Session, addressArgument } from "../session.js";
import { amountJson, rateText } from "../views.js";

export async function lend(session: Session, facility: string, amount: string[]): Promise<void> {
  const known = facilityOf(session.client.deployment, facility);
  const assets = amountOrMost(amount, known.loan);
  await execute(
    session,
    await planLend(session.client, { from: session.requireAddress(), facility: known.id, assets }),
  );
}

export async function redeem(session: Session, facility: string, amount: string[]): Promise<void> {
  const known = facilityOf(session.client.deployment, facility);
  const assets = amountOrMost(amount, known.loan);
  await execute(
    session,
    await planRedeem(session.client, { from: session.requireAddress(), facility: known.id, assets }),
  );
}

/** What a lender holds in a facility. */
export async function position(session: Session, facility: string, options: { owner?: string }): Promise<void> {
  const lender = options.owner === undefined ? session.requireAddress() : addressArgument(options.owner, "--owner");
  const held = await readLenderPosition(session.client, facility, lender);
  const { facility: f } = held;
  const json = {
    facility: f.id,
    lender,
    shares: held.shares,
    assets: amountJson(held.assets, f.loan),
    withdrawable: amountJson(held.withdrawable, f.loan),
  };
  session.output.data(json, () =>
    pairs([
      ["lender", lender],
      ["facility", `${f.id} (${f.name})`],
      ["worth", formatCash(held.assets, f.loan)],
      ["can be redeemed now", formatCash(held.withdrawable, f.loan)],
      ["lent out", formatPercent(f.utilisationWad)],
      ["rate borrowers pay", rateText(f.borrowRatePerSecondWad)],
    ]),
  );
}
