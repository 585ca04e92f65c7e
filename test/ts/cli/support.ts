import { type ChildProcessByStdio, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { HDNodeWallet, JsonRpcProvider, Network, NonceManager, Wallet, encryptKeystoreJson } from "ethers";
import { network } from "hardhat";
import { runCommandLine } from "../../../scripts/cli/run.js";
import { writeDeployment } from "../../../sdk/client/deploymentFile.js";
import { type TermMarket, addTermFacility, termFacilityInput } from "../fixtures/termMarket.js";
import { type Market, deployMarket, deploymentOf } from "../fixtures/market.js";

/** What a run of the command line ended with. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface World {
  readonly url: string;
  readonly provider: JsonRpcProvider;
  readonly market: Market;
  readonly term?: TermMarket;
  /** Of the test's files: keys, deployment. */
  readonly folder: string;
  readonly deployment: string;
  readonly borrower: Person;
  readonly lender: Person;
  readonly stranger: Person;
  /** Runs the command line on this deployment. */
  cli: (...args: string[]) => Promise<Ran>;
  /** The same, as a process of its own. */
  spawned: (...args: string[]) => Promise<Ran>;
  /** As `cli`; it has to succeed, and gives the JSON it wrote. */
  json: (...args: string[]) => Promise<Json>;
  close: () => Promise<void>;
}

/** Somebody with a key file of the right permissions. */
export interface Person {
  readonly wallet: Wallet;
  readonly address: string;
  readonly keyFile: string;
}

/** Parsed JSON that a test looks into. */
export type Json = ReturnType<typeof JSON.parse>;

export const PASSWORD = "correct horse battery staple";
const MNEMONIC = "test test test test test test test test test test test junk";
const CHAIN_ID = 10;

// Nothing of whoever runs the tests is to steer the command line.
for (const name of Object.keys(process.env)) if (name.startsWith("BALLAST_")) delete process.env[name];

/** The command line within this process, with nobody at its terminal: a process each would take many times as long. */
export async function runCli(args: readonly string[]): Promise<Ran> {
  let [stdout, stderr] = ["", ""];
  const code = await runCommandLine(args, {
    writeOut: (text) => (stdout += text),
    writeError: (text) => (stderr += text),
    canAsk: () => false,
  });
  return { code, stdout, stderr };
}

/** The command line as its own process, for what only that can prove. */
export function spawnCli(args: readonly string[]) {
  return spawn(process.execPath, ["--import", "tsx", "scripts/ballast.ts", ...args], {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export async function ended(child: ChildProcessByStdio<Writable | null, Readable, Readable>): Promise<Ran> {
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number>((resolve) => child.on("close", (ended) => resolve(ended ?? -1)));
  return { code, stdout, stderr };
}

/** A node of its own behind HTTP, with a facility to which 100,000 are lent; a term facility beside it where one is asked for. */
export async function startWorld({ withTerm = false } = {}): Promise<World> {
  const server = await network.createServer("op", "127.0.0.1", 0);
  const { port } = await server.listen();
  const url = `http://127.0.0.1:${port}`;
  const known = Network.from(CHAIN_ID);
  const provider = new JsonRpcProvider(url, known, { staticNetwork: known, cacheTimeout: -1, pollingInterval: 50 });
  const folder = mkdtempSync(join(tmpdir(), "ballast-cli-"));

  const wallet = (index: number): Wallet => {
    const { privateKey } = HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);
    return new Wallet(privateKey, provider);
  };
  const person = (name: string, index: number): Person => {
    const owner = wallet(index);
    const keyFile = join(folder, `${name}.key`);
    writeFileSync(keyFile, `${owner.privateKey}\n`);
    chmodSync(keyFile, 0o600);
    return { wallet: owner, address: owner.address, keyFile };
  };
  const [lender, borrower, stranger] = [person("lender", 1), person("borrower", 2), person("stranger", 3)];
  const market = await deployMarket(new NonceManager(wallet(0)));
  await market.lend(new NonceManager(lender.wallet), market.cash(100_000n));
  const deployment = join(folder, "deployment.json");
  const described = await deploymentOf(CHAIN_ID, market);
  const term = withTerm ? await addTermFacility(market) : undefined;
  if (term !== undefined) {
    await term.lend(lender.wallet, market.cash(100_000n));
    described.facilities.push(await termFacilityInput(market, term));
  }
  writeDeployment({ ...described, rpc: url }, deployment);

  const cli = (...args: string[]): Promise<Ran> => runCli([...args, "--deployment", deployment]);
  const spawned = (...args: string[]): Promise<Ran> => ended(spawnCli([...args, "--deployment", deployment]));
  return {
    url,
    provider,
    market,
    ...(term && { term }),
    folder,
    deployment,
    lender,
    borrower,
    stranger,
    cli,
    spawned,
    async json(...args) {
      const { code, stdout, stderr } = await cli(...args, "--json");
      if (code !== 0) throw new Error(`ballast ${args.join(" ")} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout);
    },
    async close() {
      provider.destroy();
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** An encrypted keystore of that key, made cheap to open. */
export async function writeKeystore(file: string, { address, privateKey }: Wallet): Promise<void> {
  const json = await encryptKeystoreJson({ address, privateKey }, PASSWORD, { scrypt: { N: 1024 } });
  writeFileSync(file, json);
}
