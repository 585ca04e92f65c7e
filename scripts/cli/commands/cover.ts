import { formatBps, formatCash, formatDuration } from "../../../sdk/client/amounts.js";
import { type CoverState, readCover, readCovers } from "../../../sdk/client/cover.js";
import { pairs } from "../output.js";
import type { Session } from "../session.js";
import { amountJson } from "../views.js";

/** The underwriters' class: of one facility, or of all that have it. */
export async function cover({ client, output }: Session, facility: string | undefined): Promise<void> {
  if (facility !== undefined) {
    const state = await readCover(client, facility);
    output.data(coverJson(state), () => coverText(state));
    return;
  }
  const all = await readCovers(client);
  output.data(all.map(coverJson), () =>
    all.length === 0 ? "No facility has cover." : all.map(coverText).join("\n\n"),
  );
}

function coverJson(c: CoverState) {
  const cash = (units: bigint) => amountJson(units, c.facility.loan);
  const { senior, junior, cover: own } = c.wouldBear;
  return {
    facility: c.facility.id,
    stake: cash(c.stake),
    unpaidPremium: cash(c.unpaidPremium),
    premiumBps: c.premiumBps,
    expectedLoss: cash(c.expectedLoss),
    wouldBear: { cover: cash(own), junior: cash(junior), senior: cash(senior) },
    cooldown: c.cooldown,
    window: c.window,
  };
}

function coverText(c: CoverState): string {
  const cash = (units: bigint): string => formatCash(units, c.facility.loan);
  const { senior, junior, cover: own } = c.wouldBear;
  return pairs([
    ["facility", `${c.facility.id} (${c.facility.name})`],
    ["stake", cash(c.stake)],
    ["premium not paid yet", cash(c.unpaidPremium)],
    ["premium", `${formatBps(c.premiumBps)} of all interest`],
    ["expected loss, marked", cash(c.expectedLoss)],
    ["of which cover bears", cash(own)],
    ["junior", cash(junior)],
    ["senior", cash(senior)],
    ["leaving", `${formatDuration(c.cooldown)} after a request, within ${formatDuration(c.window)}`],
  ]);
}
