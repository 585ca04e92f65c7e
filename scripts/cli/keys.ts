import { readFileSync, statSync } from "node:fs";
import { password as askPassword } from "@inquirer/prompts";
import { Wallet, getAddress } from "ethers";
import { UsageError } from "./exitCodes.js";
import type { Terminal } from "./terminal.js";

export interface KeyOptions {
  readonly keystore?: string;
  readonly keyFile?: string;
  readonly passwordFile?: string;
}

/** Who acts. The address is known before the key is; the key is asked for only when something is to be signed. */
export interface Account {
  readonly address: string;
  unlock(): Promise<Wallet>;
}

function readText(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`the ${what} ${file} cannot be read`, { cause });
  }
}

/** Reads a file that holds a secret, if nobody but its owner can. */
function readSecret(file: string, what: string): string {
  const text = readText(file, what);
  const mode = statSync(file).mode & 0o777;
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new UsageError(`the ${what} ${file} can be read by others (mode ${mode.toString(8)}): chmod 600 ${file}`);
  }
  return text.trim();
}

function fromKeyFile(file: string): Account {
  const key = readSecret(file, "key file");
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(key)) {
    throw new UsageError(`the key file ${file} does not hold a private key: 64 hex digits and nothing else`);
  }
  const wallet = new Wallet(key.startsWith("0x") ? key : `0x${key}`);
  return { address: wallet.address, unlock: () => Promise.resolve(wallet) };
}

async function passwordFor(terminal: Terminal, file: string, passwordFile: string | undefined): Promise<string> {
  if (passwordFile !== undefined) return readSecret(passwordFile, "password file");
  if (!terminal.canAsk()) {
    throw new UsageError(`the keystore ${file} needs its password, and nobody is here to type it: use --password-file`);
  }
  return askPassword({ message: `Password of ${file}`, mask: true }, { output: process.stderr });
}

function fromKeystore(terminal: Terminal, file: string, passwordFile: string | undefined): Account {
  const json = readText(file, "keystore");
  let address: string;
  try {
    const { address: stored } = JSON.parse(json) as { address: string };
    address = getAddress(stored.startsWith("0x") ? stored : `0x${stored}`);
  } catch (cause) {
    throw new UsageError(`${file} is no keystore: it should be JSON with an address and an encrypted key`, { cause });
  }
  return {
    address,
    async unlock() {
      const password = await passwordFor(terminal, file, passwordFile);
      try {
        const wallet = await Wallet.fromEncryptedJson(json, password);
        return new Wallet(wallet.privateKey);
      } catch (cause) {
        throw new UsageError(`the keystore ${file} does not open: is the password right?`, { cause });
      }
    },
  };
}

/** The account the options name, if they name one. A key is never an argument: other users can read those. */
export function accountOf({ keystore, keyFile, passwordFile }: KeyOptions, terminal: Terminal): Account | undefined {
  if (keystore !== undefined && keyFile !== undefined) {
    throw new UsageError("--keystore and --key-file both name a key: which one is meant?");
  }
  if (keystore !== undefined) return fromKeystore(terminal, keystore, passwordFile);
  return keyFile === undefined ? undefined : fromKeyFile(keyFile);
}
