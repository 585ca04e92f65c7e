import { readFileSync } from "node:fs";
import { password } from "@inquirer/prompts";
import { type BaseWallet, Wallet } from "ethers";
import { InvalidParameters } from "../errors.js";

export interface KeyOptions {
  /** encrypted JSON keystore */
  keystore?: string;
  passwordFile?: string;
  /** a file that holds nothing but the private key */
  keyFile?: string;
}

/** Keys come from files, never from arguments or the environment, which other processes can read. */
export async function readKey({ keystore, passwordFile, keyFile }: KeyOptions): Promise<BaseWallet> {
  if (keystore !== undefined) {
    const secret =
      passwordFile === undefined
        ? await password({ message: `Password of ${keystore}` }, { output: process.stderr })
        : read(passwordFile).trim();
    try {
      return await Wallet.fromEncryptedJson(read(keystore), secret);
    } catch (cause) {
      throw new InvalidParameters(`${keystore} cannot be opened: wrong password, or not a keystore`, { cause });
    }
  }
  if (keyFile !== undefined) {
    try {
      return new Wallet(read(keyFile).trim());
    } catch {
      // The cause would carry the key's text.
      throw new InvalidParameters(`${keyFile} does not hold a private key`);
    }
  }
  throw new InvalidParameters("Who deploys? Give --keystore or --key-file.");
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new InvalidParameters(`cannot read ${file}`, { cause });
  }
}
