import { readFileSync } from "node:fs";
import { getAddress, isAddress } from "ethers";
import json5 from "json5";
import { z } from "zod";
import { InvalidParameters } from "./errors.js";

const BPS = 10_000;
const address = z
  .string()
  .refine((text) => isAddress(text), { error: (issue) => `${String(issue.input)} is not an address` })
  .transform((text) => getAddress(text))
  .refine((text) => !/^0x0{40}$/.test(text), { error: "is the zero address" });
/** An amount people write: whole tokens or dollars, with a point. */
const amount = z.string().regex(/^\d+(\.\d+)?$/, { error: (issue) => `${String(issue.input)} is not an amount` });
const seconds = z.int().min(0).max(0xffffffff);
const bps = z.int().min(0).max(BPS);

const leg = z.strictObject({
  feed: address,
  /** within which the feed promises a round */
  heartbeatSeconds: seconds.min(1),
  /** lateness allowed on top */
  bufferSeconds: seconds,
  /** answers at or below are refused; in whole units of what the feed quotes in */
  least: amount,
  /** answers at or above are refused */
  most: amount,
});

const oracle = z
  .strictObject({
    btcUsd: leg.optional(),
    wrapperBtc: leg.optional(),
    wrapperUsd: leg.optional(),
    /** "par" only for an asset that is a dollar by its own law */
    loanUsd: z.union([z.literal("par"), leg]),
    /** "none" only where the chain has no such feed */
    sequencer: z.union([z.literal("none"), z.strictObject({ feed: address, capSeconds: seconds.min(1) })]),
    secondSource: z.union([
      z.literal("none"),
      z.strictObject({
        uniswapV3Pool: address,
        windowSeconds: seconds.min(1),
        /** further apart than this the sources disagree */
        limitBps: bps.min(1).max(BPS - 1),
        capSeconds: seconds.min(1),
      }),
    ]),
    reserves: z.union([
      z.literal("none"),
      z.strictObject({
        reservesFeed: address,
        supplyFeed: address,
        reservesMaxAgeSeconds: seconds.min(1),
        supplyMaxAgeSeconds: seconds.min(1),
      }),
    ]),
    /** Where the price must be now, whole loan assets for one whole collateral token. */
    sanity: z.strictObject({ least: amount, most: amount }),
  })
  .superRefine((o, context) => {
    const composed = o.btcUsd !== undefined && o.wrapperBtc !== undefined;
    const touched = o.btcUsd !== undefined || o.wrapperBtc !== undefined;
    if (o.wrapperUsd === undefined ? !composed : touched) {
      context.addIssue({ code: "custom", message: "give btcUsd and wrapperBtc, or wrapperUsd alone" });
    }
  });

/** Of PoolLedger.sol. */
const MAX_FIRST_LOSS_BPS = 5_000;

const DAY = 86_400;
const YEAR = 365 * DAY;
/** One entry of a term facility's list of terms; its bounds are those of TermLoanBook.sol. */
const termSheet = z
  .strictObject({
    /** between due dates */
    intervalSeconds: seconds.min(DAY).max(10 * YEAR),
    /** of instalments */
    count: z.int().min(1).max(240),
    /** how long one may stay unpaid after its due date before that is a default */
    graceSeconds: seconds.min(3_600).max(90 * DAY),
    /** a year, on principal in arrears, beside the rate */
    latePremiumBps: bps,
    /** of principal paid before it is due */
    prepaymentFeeBps: bps.max(BPS / 10),
    /** of the principal, left to the last payment */
    balloonBps: bps,
    /** a year, on top of the rate the facility gives */
    spreadBps: bps,
    /** once for each instalment that is late; whole loan assets */
    lateFee: amount,
  })
  .superRefine(({ intervalSeconds, count }, context) => {
    if (intervalSeconds * count <= 10 * YEAR) return;
    const message = `${count} instalments of ${intervalSeconds} s are longer than ten years`;
    context.addIssue({ code: "custom", message, path: ["count"] });
  });

const facility = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9-]+$/, { error: "must be lower-case letters, digits and hyphens" }),
    /** revolving: open-ended loans at a variable rate; term: dated instalments at a fixed one */
    kind: z.enum(["revolving", "term"]),
    /** what a term facility offers, numbered from 0; more can be added later */
    termSheets: z.array(termSheet).min(1).max(256).optional(),
    /** the wrapped BTC */
    collateralAsset: address,
    loanAsset: address,
    /** of the senior tranche's shares */
    shares: z.strictObject({ name: z.string().min(1), symbol: z.string().min(1) }),
    gate: z.union([z.literal("open"), address]),
    rate: z.union([z.literal("adaptive curve"), z.strictObject({ fixedAnnualPercent: amount })]),
    reserveFeeBps: bps,
    targetLtvBps: bps,
    maxLtvBps: bps,
    lltvBps: bps,
    incentiveMinBps: bps,
    incentiveMaxBps: bps,
    healthForMaxBps: bps.max(BPS - 1),
    rampSeconds: seconds.min(1),
    /** whole loan assets, as the three below */
    minDebt: amount,
    /** most total debt */
    cap: amount,
    /** most debt of one loan */
    loanCap: amount,
    /** first deposit, from the deployer, never withdrawn */
    seed: amount,
    oracle,
    /** junior and cover tranches; leave out for senior lenders only */
    firstLoss: z
      .strictObject({
        /** share of senior's interest that goes to junior */
        juniorSpreadBps: bps.max(MAX_FIRST_LOSS_BPS),
        /** share of all interest that goes to cover */
        coverPremiumBps: bps.max(MAX_FIRST_LOSS_BPS),
        exitCooldownSeconds: seconds.min(1),
        exitWindowSeconds: seconds.min(1),
      })
      .optional(),
    /** leave out for no capital ratio */
    capital: z
      .strictObject({
        /** one of capital.classes, by its name */
        riskClass: z.string(),
        /** leave out for the default of 10.5 % */
        minRatioBps: z.int().min(800).max(BPS).optional(),
      })
      .optional(),
  })
  .superRefine((f, context) => {
    const fault = (message: string, path: string) => context.addIssue({ code: "custom", message, path: [path] });
    if (f.kind === "term" && f.termSheets === undefined) fault("a term facility needs at least one", "termSheets");
    if (f.kind === "revolving" && f.termSheets !== undefined) fault("are for a term facility", "termSheets");
    if (f.targetLtvBps >= f.maxLtvBps)
      fault(`${f.targetLtvBps} must be below maxLtvBps ${f.maxLtvBps}`, "targetLtvBps");
    if (f.maxLtvBps >= f.lltvBps) fault(`${f.maxLtvBps} must be below lltvBps ${f.lltvBps}`, "maxLtvBps");
    if (f.incentiveMinBps > f.incentiveMaxBps) {
      fault(`${f.incentiveMinBps} must not be above incentiveMaxBps ${f.incentiveMaxBps}`, "incentiveMinBps");
    }
    if (f.lltvBps * (BPS + f.incentiveMaxBps) > BPS * BPS) {
      fault(`${f.incentiveMaxBps} with lltvBps ${f.lltvBps} pays out more than the collateral`, "incentiveMaxBps");
    }
    if (f.collateralAsset === f.loanAsset) fault("is the loan asset too", "collateralAsset");
  });

const governance = z
  .strictObject({
    /** The multisig that becomes the AccessManager's only admin. */
    safe: address,
    riskManager: address,
    guardian: address,
    feeCollector: address,
    /** between scheduling and executing whatever only the admin may do */
    adminDelaySeconds: seconds.min(1),
    riskManagerDelaySeconds: seconds.min(1),
    feeCollectorDelaySeconds: seconds,
    /** between granting a role and its being of use; the guardian's is 0. In force five days after deployment */
    grantDelaySeconds: seconds,
    /** least delay of an admin's changes to who may call what. In force five days after deployment */
    targetAdminDelaySeconds: seconds,
  })
  .superRefine((g, context) => {
    if (g.adminDelaySeconds < g.riskManagerDelaySeconds) {
      context.addIssue({
        code: "custom",
        path: ["adminDelaySeconds"],
        message: `${g.adminDelaySeconds} is shorter than riskManagerDelaySeconds ${g.riskManagerDelaySeconds}: the admin could appoint a risk manager without delay sooner than the risk manager can act`,
      });
    }
  });

const schema = z
  .strictObject({
    /** a name for people */
    network: z.string().regex(/^[a-z0-9-]+$/),
    chainId: z.int().positive(),
    /** a chain for trying out: the Safe may be a plain account there */
    local: z.boolean().default(false),
    governance,
    facilities: z.array(facility).min(1),
    /** Risk weights, and the haircut of the economic view; leave out to deploy no Capital. */
    capital: z
      .strictObject({
        classes: z
          .array(z.strictObject({ name: z.string().min(1).max(31), weightBps: z.int().min(0).max(125_000) }))
          .min(1)
          .max(64),
        haircutBps: bps,
      })
      .optional(),
    uniswap: z.strictObject({
      router: address,
      quoter: address,
      factory: address,
      /** of the pool used, hundredths of a basis point */
      fee: z.int().min(1).max(999_999),
    }),
    /** Who owns the keeper's Liquidator; leave out to deploy none. */
    liquidator: z.strictObject({ owner: address }).optional(),
  })
  .superRefine((parameters, context) => {
    const seen = new Set<string>();
    parameters.facilities.forEach(({ name, capital }, index) => {
      if (capital && !parameters.capital?.classes.some((each) => each.name === capital.riskClass)) {
        context.addIssue({
          code: "custom",
          path: ["facilities", index, "capital", "riskClass"],
          message: `${capital.riskClass} is none of capital.classes`,
        });
      }
      if (seen.has(name)) {
        context.addIssue({ code: "custom", path: ["facilities", index, "name"], message: `${name} is used twice` });
      }
      seen.add(name);
    });
  });

/** All a deployment needs to know, checked; addresses are checksummed. */
export type Parameters = z.output<typeof schema>;
/** The same as written in a file or by a program. */
export type ParametersInput = z.input<typeof schema>;
export type FacilityParameters = Parameters["facilities"][number];
export type OracleParameters = FacilityParameters["oracle"];
export type LegParameters = z.output<typeof leg>;

/**
 * @param source named in the error
 * @throws InvalidParameters naming every parameter that is missing or wrong
 */
export function parseParameters(content: unknown, source = "the parameters"): Parameters {
  const parsed = schema.safeParse(content, {
    // What is not known for certain stands as null in the files; it must be given, never guessed.
    error: (issue) => (issue.input === undefined || issue.input === null ? "is required and not given" : undefined),
    reportInput: true,
  });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "all of it"}: ${messageOf(issue)}`);
  throw new InvalidParameters(
    `${source} cannot be deployed; give what is missing in the file or with --set path=value:\n${faults.join("\n")}`,
  );
}

/** Of "this or that" zod says only that neither fits; what is missing inside is what people need. */
function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union") return issue.message;
  const inner = issue.errors.flat().filter((each) => each.path.length > 0);
  if (inner.length === 0) return issue.input === null ? "is required and not given" : issue.message;
  return inner.map((each) => `${each.path.join(".")} ${each.message}`).join("; ");
}

/** Reads a parameter file (JSON5: comments are welcome) without judging it. */
export function readParameterFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new InvalidParameters(`no parameter file at ${file}`, { cause });
  }
  try {
    return json5.parse(text);
  } catch (cause) {
    throw new InvalidParameters(`${file} is not JSON5: ${String(cause)}`, { cause });
  }
}

/**
 * Sets one value deep inside, as `--set facilities.0.collateralAsset=0x…` does. Numbers and true/false become such where the
 * text is nothing else, unless what stands there is text.
 */
export function setParameter(content: unknown, path: string, text: string): void {
  const keys = path.split(".");
  const last = keys.pop();
  let place = content;
  for (const key of keys) {
    place = isRecord(place) ? place[key] : undefined;
    if (!isRecord(place)) throw new InvalidParameters(`--set ${path}: there is no ${key} to set anything in`);
  }
  if (last === undefined || last === "" || !isRecord(place))
    throw new InvalidParameters(`--set ${path}: names nothing`);
  place[last] = valueOf(text, place[last]);
}

function valueOf(text: string, before: unknown): unknown {
  if (typeof before === "string") return text;
  if (text === "true" || text === "false") return text === "true";
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
