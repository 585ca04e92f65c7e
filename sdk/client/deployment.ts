import { getAddress, isAddress } from "ethers";
import { z } from "zod";
import { InvalidDeployment } from "./errors.js";

const address = z
  .string()
  // ethers also refuses a mixed-case address whose checksum is wrong: a typing error, most likely.
  .refine((text) => isAddress(text), { error: (issue) => `${String(issue.input)} is not an address` })
  .transform((text) => getAddress(text));

const token = z.object({ symbol: z.string().min(1), decimals: z.int().min(0).max(36) });

/** Where each manager begins to number its facilities, so that a loan's id says whose it is. */
export const FIRST_FACILITY = { revolving: 1, term: 1_000_001 } as const;

const facility = z.object({
  /** Its manager's number of it: revolving ones from 1, term ones from 1,000,001. */
  id: z
    .int()
    .min(1)
    .max(2 ** 32 - 1),
  name: z.string().min(1),
  kind: z.enum(["revolving", "term"]),
  pool: address,
  vault: address,
  oracle: address,
  /** The senior tranche, into which lenders deposit. */
  tranche: address,
  /** Where senior lenders wait for cash. */
  queue: address.optional(),
  /** First-loss tranches, where the facility has them. */
  junior: address.optional(),
  cover: address.optional(),
  collateralAsset: address,
  loanAsset: address,
});

const schema = z
  .object({
    /** A name for people: "devnet", "op-mainnet". */
    network: z.string().min(1),
    chainId: z.int().positive(),
    /** Block before which there is no event of these contracts. */
    fromBlock: z.int().min(0),
    /** Address of a node, where the deployment is a local one; a command's own option goes first. */
    rpc: z.url().optional(),
    /** Of revolving loans. */
    loanManager: address,
    termLoanManager: address,
    /** Computes what term loans owe. */
    termLoanBook: address,
    liquidationEngine: address,
    lens: address,
    termLens: address,
    /** Which role may call which function, for whoever signs for the Safe. */
    roleTable: address.optional(),
    accessManager: address,
    /** Risk weights and capital ratios, where facilities have such a limit. */
    capital: address.optional(),
    liquidator: address.optional(),
    repayWithCollateral: address.optional(),
    protectionOrders: address.optional(),
    /** Uniswap v3, and the fee of the pool used, in hundredths of a basis point. */
    uniswap: z.object({ router: address, quoter: address, fee: z.int().min(1).max(999_999) }).optional(),
    facilities: z.array(facility).min(1),
    /** By token address. */
    tokens: z.record(address, token),
  })
  .superRefine((deployment, context) => {
    const ids = new Set<number>();
    deployment.facilities.forEach((f, index) => {
      if (ids.has(f.id)) {
        context.addIssue({
          code: "custom",
          path: ["facilities", index, "id"],
          message: `facility ${f.id} is listed twice`,
        });
      }
      ids.add(f.id);
      const kind = f.id < FIRST_FACILITY.term ? "revolving" : "term";
      if (f.kind !== kind) {
        const message = `facility ${f.id} is ${kind} by its number, not ${f.kind}`;
        context.addIssue({ code: "custom", path: ["facilities", index, "kind"], message });
      }
      for (const asset of ["collateralAsset", "loanAsset"] as const) {
        if (deployment.tokens[f[asset]] !== undefined) continue;
        context.addIssue({
          code: "custom",
          path: ["facilities", index, asset],
          message: `tokens has no entry for ${f[asset]}`,
        });
      }
    });
  });

/** What is deployed where, on one chain; addresses are checksummed. */
export type Deployment = z.output<typeof schema>;
export type DeploymentInput = z.input<typeof schema>;
export type DeployedFacility = Deployment["facilities"][number];
export type DeployedToken = Deployment["tokens"][string];

/**
 * Checks what a deployment file holds.
 *
 * @param source named in the error
 * @throws InvalidDeployment naming every field that is wrong
 */
export function parseDeployment(content: unknown, source = "deployment"): Deployment {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "the whole file"}: ${issue.message}`);
  throw new InvalidDeployment(`${source} does not describe a deployment:\n${faults.join("\n")}`);
}
