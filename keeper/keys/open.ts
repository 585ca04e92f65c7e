import { readFileSync } from "node:fs";
import { decryptKeystoreJsonSync, getBytes } from "ethers";
import { KEY_VARIABLE, PASSWORD_VARIABLE } from "../config/flags.js";
import { InvalidConfig } from "../errors.js";
import { KmsSigner } from "./kmsSigner.js";
import { LocalSigner } from "./localSigner.js";
import type { Signer } from "./signer.js";

/** What of the configuration says where the keys are. */
export interface KeyConfig {
  /**
   * One lane each: `env:NAME`, `file:PATH`, `keystore:PATH` or `keystore:PATH?password=PATH`, `kms:KEY` or
   * `kms:KEY@ENDPOINT`. A variable or file may have several keys, with commas or line ends between them.
   */
  readonly keys: readonly string[];
  readonly keyFile?: string | undefined;
  readonly keystore?: string | undefined;
  /** For keystores that name no file of their own. */
  readonly passwordFile?: string | undefined;
}

const SOURCES = "env:NAME, file:PATH, keystore:PATH or kms:KEY";

/**
 * The operator's keys, one for each lane, in the order given: from the configuration, or from BALLAST_KEEPER_KEY. Variables
 * that held a secret are removed from the environment, so that no child process and no dump of it has them. Errors name the
 * source, never the content.
 */
export async function openSigners(config: KeyConfig, environment: NodeJS.ProcessEnv): Promise<[Signer, ...Signer[]]> {
  const { [PASSWORD_VARIABLE]: password } = environment;
  delete environment[PASSWORD_VARIABLE];
  const sources = [
    ...config.keys,
    ...(config.keyFile === undefined ? [] : [`file:${config.keyFile}`]),
    ...(config.keystore === undefined ? [] : [`keystore:${config.keystore}`]),
  ];
  const isGiven = environment[KEY_VARIABLE] !== undefined;
  if (sources.length === 0 && isGiven) sources.push(`env:${KEY_VARIABLE}`);
  if (sources.length === 0) {
    throw new InvalidConfig(`no key: give --keys, --keystore, --key-file, or the variable ${KEY_VARIABLE}`);
  }
  const signers: Signer[] = [];
  try {
    for (const source of sources) signers.push(...(await opened(source, config.passwordFile, password, environment)));
  } finally {
    delete environment[KEY_VARIABLE];
    for (const source of sources) if (source.startsWith("env:")) delete environment[source.slice(4)];
  }
  const addresses = signers.map(({ address }) => address);
  const twice = addresses.find((address, index) => addresses.indexOf(address) !== index);
  if (twice !== undefined) throw new InvalidConfig(`the key of ${twice} is given twice: a lane has one key of its own`);
  const [first, ...others] = signers;
  if (first === undefined) throw new InvalidConfig("no key was found in what was given");
  return [first, ...others];
}

async function opened(
  source: string,
  passwordFile: string | undefined,
  password: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Signer[]> {
  const at = source.indexOf(":");
  const [kind, place] = [source.slice(0, at), source.slice(at + 1)];
  // What has no such beginning may be a key itself: it is not quoted.
  if (place === "" || at < 0) throw new InvalidConfig(`a key's source is not one of ${SOURCES}`);
  switch (kind) {
    case "env": {
      const content = environment[place];
      if (content === undefined) throw new InvalidConfig(`the variable ${place} is not set, and should hold a key`);
      return local(content, place === KEY_VARIABLE ? place : `variable ${place}`);
    }
    case "file":
      return local(readSecret(place), `key file ${place}`);
    case "keystore": {
      const [file = "", ownPasswordFile] = place.split("?password=");
      return [decrypted(file, ownPasswordFile ?? passwordFile, password)];
    }
    case "kms": {
      const split = place.indexOf("@");
      const [keyId, endpoint] = split < 0 ? [place] : [place.slice(0, split), place.slice(split + 1)];
      return [await KmsSigner.open({ keyId, ...(endpoint !== undefined && { endpoint }) })];
    }
    default:
      throw new InvalidConfig(`a key's source is not one of ${SOURCES}`);
  }
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new InvalidConfig(`${file} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? "unknown reason"}`);
  }
}

function local(content: string, source: string): Signer[] {
  const texts = content.split(/[\s,]+/).filter((text) => text !== "");
  const signers = texts.map((text) =>
    /^(0x)?[0-9a-f]{64}$/i.test(text) ? LocalSigner.of(getBytes(`0x${text.replace(/^0x/i, "")}`)) : undefined,
  );
  return (signers.length === 0 ? [undefined] : signers).map((signer) => {
    if (signer === undefined) throw new InvalidConfig(`${source} does not hold a private key of 32 bytes in hex`);
    return signer;
  });
}

function decrypted(file: string, passwordFile: string | undefined, fromVariable: string | undefined): Signer {
  const password = passwordFile !== undefined ? readSecret(passwordFile) : fromVariable;
  if (password === undefined) {
    throw new InvalidConfig(`keystore ${file} needs a password: give --password-file or ${PASSWORD_VARIABLE}`);
  }
  const signer = unlocked(readSecret(file), password);
  if (signer !== undefined) return signer;
  throw new InvalidConfig(`keystore ${file} cannot be opened: it is not a keystore, or the password is another`);
}

function unlocked(content: string, password: string): Signer | undefined {
  try {
    return LocalSigner.of(getBytes(decryptKeystoreJsonSync(content, password).privateKey));
  } catch {
    return undefined;
  }
}
