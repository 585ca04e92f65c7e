import type { TermSheet } from "../../sdk/model/index.js";
import { read, termPoolAt } from "../chain/contracts.js";
import type { Node } from "../chain/node.js";

/** A sheet of a term pool. Sheets never change but in whether new loans may take them, which says nothing of a loan that has. */
export async function readTermSheet(node: Node, pool: string, sheet: number, at: number): Promise<TermSheet> {
  return read(node, termPoolAt(pool), "sheetOf", [BigInt(sheet)], at);
}
