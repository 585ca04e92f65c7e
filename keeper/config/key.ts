import { readFileSync } from "node:fs";
import { Wallet } from "ethers";
import { InvalidConfig } from "../errors.js";
import { KEY_VARIABLE, PASSWORD_VARIABLE } from "./fields.js";
import type { Config } from "./schema.js";

/**
 * The operator's key: from BALLAST_KEEPER_KEY, a file, or an encrypted keystore. The variables are removed from the
 * environment, so that no child process and no dump of it has them. Errors name the source, never the content.
 */
export function loadKey(config: Config, environment: NodeJS.ProcessEnv): Wallet {
  const { [KEY_VARIABLE]: fromVariable, [PASSWORD_VARIABLE]: password } = environment;
  delete environment[KEY_VARIABLE];
  delete environment[PASSWORD_VARIABLE];
  const { keyFile, keystore, passwordFile } = config;
  if (keystore !== undefined) {
    const secret = passwordFile !== undefined ? readSecret(passwordFile) : password;
    if (secret === undefined) {
      throw new InvalidConfig(`keystore ${keystore} needs a password: give --password-file or ${PASSWORD_VARIABLE}`);
    }
    return decrypt(keystore, secret);
  }
  if (keyFile !== undefined) return walletOf(readSecret(keyFile), `key file ${keyFile}`);
  if (fromVariable !== undefined) return walletOf(fromVariable, KEY_VARIABLE);
  throw new InvalidConfig(`no key: give --keystore, --key-file, or the variable ${KEY_VARIABLE}`);
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new InvalidConfig(`${file} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? "unknown reason"}`);
  }
}

function walletOf(secret: string, source: string): Wallet {
  try {
    return new Wallet(secret.startsWith("0x") ? secret : `0x${secret}`);
  } catch {
    // What ethers throws would quote the secret.
    throw new InvalidConfig(`${source} does not hold a private key of 32 bytes in hex`);
  }
}

function decrypt(file: string, password: string): Wallet {
  const content = readSecret(file);
  try {
    return new Wallet(Wallet.fromEncryptedJsonSync(content, password).privateKey);
  } catch {
    throw new InvalidConfig(`keystore ${file} cannot be opened: it is not a keystore, or the password is another`);
  }
}
