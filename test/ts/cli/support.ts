import { type ChildProcessByStdio, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { HDNodeWallet, JsonRpcProvider, Network, NonceManager, Wallet, encryptKeystoreJson } from "ethers";
import { network } from "hardhat";
import { runBallast } from "../../../scripts/cli/run.js";
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
  /** Runs the command line as its own process, on this deployment. */
  cli: (...args: string[]) => Promise<Ran>;
  /** The same; it has to succeed, and gives the JSON it wrote. */
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

/** The real command line, with no terminal, and nothing of this process's environment that could steer it. */
/** As a process of its own, as a user runs it. */
export function runCliProcess(args: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  return ended(spawnCli(args, environment));
}

let last: Promise<unknown> = Promise.resolve();

/** The same program in this process, which saves its start; one after another, as they share the environment. */
export function runCli(args: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  const ran = last.then(() => runHere(args, environment));
  last = ran.catch(() => undefined);
  return ran;
}

async function runHere(args: readonly string[], environment: Record<string, string>): Promise<Ran> {
  const streams = { stdout: process.stdout, stderr: process.stderr };
  const said = { stdout: "", stderr: "" };
  const inherited = { ...process.env };
  const writes = {
    stdout: streams.stdout.write.bind(streams.stdout),
    stderr: streams.stderr.write.bind(streams.stderr),
  };
  for (const name of ["stdout", "stderr"] as const)
    streams[name].write = (text: string | Uint8Array) => {
      said[name] += text.toString();
      return true;
    };
  for (const name of Object.keys(process.env)) if (name.startsWith("BALLAST_")) delete process.env[name];
  Object.assign(process.env, environment);
  try {
    return { code: await runBallast(args), ...said };
  } finally {
    for (const name of ["stdout", "stderr"] as const) streams[name].write = writes[name];
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, inherited);
  }
}

export function spawnCli(args: readonly string[], environment: Record<string, string> = {}) {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BALLAST_")));
  return spawn(process.execPath, ["--import", "tsx", "scripts/ballast.ts", ...args], {
    env: { ...inherited, NO_COLOR: "1", ...environment },
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
