import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Intent } from "./intent.js";

const hex = z.string().regex(/^0x[0-9a-f]*$/i);
const bigintText = z
  .string()
  .regex(/^\d+$/)
  .transform((text) => BigInt(text));
const entrySchema = z.object({
  nonce: z.int().min(0),
  hash: hex,
  raw: hex,
  kind: z.enum(["liquidate", "mark", "order", "note", "cancel"]),
  subjects: z.array(z.string()),
  facility: z.int(),
  to: hex,
  data: hex,
  gasLimit: bigintText,
  expectedEvents: z.int().min(0),
  deadline: bigintText.optional(),
  maxCostWei: bigintText,
  maxFeePerGas: bigintText,
  maxPriorityFeePerGas: bigintText,
});

/** A transaction that was about to be sent. */
export interface JournalEntry {
  readonly nonce: number;
  readonly hash: string;
  readonly raw: string;
  readonly intent: Intent;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/**
 * What was sent, written before it is sent: a keeper that was killed finds its own transactions again instead of sending them
 * twice. The chain decides which of them still matter, so a lost, torn or foreign line costs nothing but a second look.
 */
export class Journal {
  private readonly file: string;

  private constructor(
    folder: string,
    name: string,
    private readonly onFault: (error: unknown) => void,
  ) {
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, `${name}.ndjson`);
  }

  /** @param onFault hears of a write that failed; the keeper goes on without it */
  static open(folder: string, chainId: bigint, operator: string, onFault: (error: unknown) => void): Journal {
    return new Journal(folder, `sent-${chainId}-${operator.toLowerCase()}`, onFault);
  }

  /** Entries with at least this nonce; what cannot be read is passed over. */
  entriesFrom(nonce: number): JournalEntry[] {
    return this.read().filter((entry) => entry.nonce >= nonce);
  }

  append(entry: JournalEntry): void {
    try {
      appendFileSync(this.file, line(entry));
    } catch (error) {
      this.onFault(error);
    }
  }

  /** Keeps only entries with at least this nonce; the file is replaced in one step. */
  compact(nonce: number): void {
    const kept = this.entriesFrom(nonce);
    try {
      writeFileSync(`${this.file}.new`, kept.map(line).join(""));
      renameSync(`${this.file}.new`, this.file);
    } catch (error) {
      this.onFault(error);
    }
  }

  private read(): JournalEntry[] {
    let text: string;
    try {
      text = readFileSync(this.file, "utf8");
    } catch {
      return [];
    }
    return text.split("\n").flatMap((row) => parse(row) ?? []);
  }
}

function line({ intent, ...sent }: JournalEntry): string {
  const flat = { ...sent, ...intent };
  return `${JSON.stringify(flat, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value))}\n`;
}

function parse(row: string): JournalEntry | undefined {
  let content: unknown;
  try {
    content = JSON.parse(row);
  } catch {
    return undefined;
  }
  const parsed = entrySchema.safeParse(content);
  if (!parsed.success) return undefined;
  const { nonce, hash, raw, maxFeePerGas, maxPriorityFeePerGas, deadline, ...intent } = parsed.data;
  const timed = { ...intent, ...(deadline !== undefined && { deadline }) };
  return { nonce, hash, raw, maxFeePerGas, maxPriorityFeePerGas, intent: timed };
}
