import { type Filter, type Log, type Provider, isError } from "ethers";

/** Blocks asked for at once, to begin with; nodes differ in what they allow. */
const FIRST_SPAN = 50_000;

/** What a node says when it finds a range too wide or an answer too large; each in its own words. */
const TOO_MUCH = /range|limit|too many|too large|exceed|more than|timeout|response size/i;

function isTooMuch(error: unknown): boolean {
  return isError(error, "TIMEOUT") || TOO_MUCH.test(String(error));
}

/**
 * All logs from one block to another, in order, in as many requests as the node needs: a range that it refuses is halved, one
 * that it serves is doubled.
 */
export async function scanLogs(
  provider: Provider,
  filter: Pick<Filter, "address" | "topics">,
  fromBlock: number,
  toBlock: number,
): Promise<Log[]> {
  const logs: Log[] = [];
  let span = FIRST_SPAN;
  for (let from = fromBlock; from <= toBlock;) {
    const to = Math.min(toBlock, from + span - 1);
    try {
      logs.push(...(await provider.getLogs({ ...filter, fromBlock: from, toBlock: to })));
      from = to + 1;
      span = Math.min(FIRST_SPAN, span * 2);
    } catch (error) {
      if (to === from || !isTooMuch(error)) throw error;
      span = Math.max(1, Math.floor((to - from + 1) / 2));
    }
  }
  return logs;
}
