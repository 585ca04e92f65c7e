import { existsSync, readFileSync } from "node:fs";
import { type BaseWallet, Wallet } from "ethers";
import { InvalidParameters } from "../errors.js";
import { type LocalChain, localParameters } from "../local.js";
import { type Parameters, parseParameters, readParameterFile, setParameter } from "../parameters.js";
import { type KeyOptions, readKey } from "./key.js";
import { parameterFileOf } from "./places.js";

/** What both commands are told. */
export interface SettingOptions extends KeyOptions {
  network: string;
  parameters?: string;
  set: string[];
  rpc?: string;
  /** what `npm run devnet` wrote */
  devnet: string;
}

/** The network worked on, once options and files are put together. */
export interface Setting {
  parameters: Parameters;
  rpcUrl: string;
  deployer: () => Promise<BaseWallet>;
}

interface RunningDevnet extends LocalChain {
  l2: { chainId: number; rpcUrl: string };
  accounts: LocalChain["accounts"] & { deployer: { privateKey: string } };
}

/** @throws InvalidParameters naming everything that is missing */
export function settingOf(options: SettingOptions): Setting {
  const file = options.parameters ?? parameterFileOf(options.network);
  const devnet = options.network === "local" ? readDevnet(options.devnet) : undefined;
  const content = devnet ? localParameters(devnet, file) : readParameterFile(file);
  for (const each of options.set) {
    const [path = "", ...rest] = each.split("=");
    if (rest.length === 0) throw new InvalidParameters(`--set ${each}: write it as path=value`);
    setParameter(content, path, rest.join("="));
  }
  const parameters = parseParameters(content, file);
  const rpcUrl = options.rpc ?? devnet?.l2.rpcUrl;
  if (rpcUrl === undefined) throw new InvalidParameters("Which node? Give --rpc.");
  const ownKey = options.keystore !== undefined || options.keyFile !== undefined;
  return {
    parameters,
    rpcUrl,
    deployer: () =>
      devnet && !ownKey ? Promise.resolve(new Wallet(devnet.accounts.deployer.privateKey)) : readKey(options),
  };
}

function readDevnet(file: string): RunningDevnet {
  if (!existsSync(file)) {
    throw new InvalidParameters(
      `${file} is not there: start a devnet (npm run devnet), or name its file with --devnet.`,
    );
  }
  return JSON.parse(readFileSync(file, "utf8")) as RunningDevnet;
}
