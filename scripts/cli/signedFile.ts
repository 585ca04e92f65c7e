import { readFileSync } from "node:fs";
import { z } from "zod";
import { ACTIONS, type ActionName, type SignedAuthorisation } from "../../sdk/client/authorisation.js";
import { addressArgument } from "./session.js";
import { UsageError } from "./exitCodes.js";

const digits = z.string().regex(/^\d+$/);
const schema = z.object({
  chainId: z.int().positive(),
  loanManager: z.string(),
  owner: z.string(),
  facility: z.int().positive(),
  operator: z.string(),
  actions: z.array(z.enum(Object.keys(ACTIONS) as [ActionName, ...ActionName[]])),
  expiresAt: digits,
  cashLimit: digits,
  collateralLimit: digits,
  deadline: digits,
  signature: z.string().regex(/^0x([0-9a-fA-F]{2})+$/),
});

/** A signed authorisation, as `authorise sign --json` wrote it. */
export function readSigned(file: string): SignedAuthorisation {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new UsageError(`the signed authorisation ${file} cannot be read: is it the JSON that authorise sign wrote?`, {
      cause,
    });
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new UsageError(`${file} is no signed authorisation: ${faults.join("; ")}`);
  }
  const { loanManager, owner, operator } = parsed.data;
  return {
    ...parsed.data,
    loanManager: addressArgument(loanManager, "loanManager"),
    owner: addressArgument(owner, "owner"),
    operator: addressArgument(operator, "operator"),
  };
}
