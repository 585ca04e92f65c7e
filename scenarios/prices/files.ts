import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSeries, PriceFileError, type Hour } from "./series.js";

/** Hourly low and close of BTC/USD on Gemini, 12–13 March 2020. */
export const MARCH_2020 = fileURLToPath(new URL("march-2020.csv", import.meta.url));

/** @throws PriceFileError when it cannot be read or understood */
export function readSeries(file: string): Hour[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new PriceFileError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return parseSeries(text, file);
}
