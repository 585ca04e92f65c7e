import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import {
  CollectStackTraces,
  EdrContext,
  FsAccessPermission,
  IncludeTraces,
  OP_CHAIN_TYPE,
  opGenesisState,
  opHardforkToString,
  opLatestHardfork,
  opSolidityTestRunnerFactory,
  type Artifact,
  type ArtifactId,
  type SuiteResult,
  type TestResult,
} from "@nomicfoundation/edr";
import { RECORDING } from "./switch.js";

/** A contract with tests. */
export type Suite = ArtifactId;
export const nameOf = ({ source, name }: Suite): string => `${source.replace("project/test/solidity/", "")}:${name}`;

/** Enough for the longest of our tests several times over; what needs more runs for ever. */
const GAS_LIMIT = 4_000_000_000n;

/**
 * Enough for tests that create nothing large. EDR runs a test that failed again for its stack trace, unless that cannot be done,
 * as where code is read from the artifacts; of a test that runs for ever on all the gas there is, the trace does not fit the machine.
 */
export const LITTLE_GAS = 20_000_000n;

/** Marks cost gas too. */
const GAS_LIMIT_TO_RECORD = 16n * GAS_LIMIT;

/** Inputs that show where a fuzz test comes by; recording is slow. */
const RUNS_TO_RECORD = 4;
/** A mutant may make every input one that the test does not want. */
const MOST_REJECTED = 4_096;

export interface Run {
  readonly results: TestResult[];
  /** Mutants that the tests came by, where that was asked for. */
  readonly hits: ReadonlySet<number>;
}

/** Hardhat's test runner without Hardhat: one process, one start, any number of mutants. */
export class Runner {
  readonly suites: readonly Suite[];

  private constructor(
    private readonly context: EdrContext,
    private readonly artifacts: Artifact[],
    private readonly fuzzRuns: number,
  ) {
    this.suites = artifacts.filter(isSuite).map(({ id }) => id);
  }

  static async start(artifacts: Artifact[], fuzzRuns: number): Promise<Runner> {
    const context = new EdrContext();
    await context.registerSolidityTestRunnerFactory(OP_CHAIN_TYPE, opSolidityTestRunnerFactory());
    return new Runner(context, artifacts, fuzzRuns);
  }

  testsOf(suite: Suite): string[] {
    const artifact = this.artifacts.find(({ id }) => id.source === suite.source && id.name === suite.name);
    return artifact === undefined ? [] : testsOf(artifact);
  }

  /** @param tests names of those to run; all of the suite where it is left out */
  run(suite: Suite, mutant: number, tests?: readonly string[], gasLimit = GAS_LIMIT): Promise<Run> {
    return this.#run(suite, BigInt(mutant), tests, this.fuzzRuns, gasLimit);
  }

  /** @param runs inputs that a fuzz test gets meanwhile */
  record(suite: Suite, tests?: readonly string[], runs = RUNS_TO_RECORD): Promise<Run> {
    return this.#run(suite, RECORDING, tests, runs, GAS_LIMIT_TO_RECORD);
  }

  async #run(
    suite: Suite,
    coinbase: bigint,
    tests: readonly string[] | undefined,
    runs: number,
    gasLimit: bigint,
  ): Promise<Run> {
    const recording = coinbase === RECORDING;
    const hits = new Set<number>();
    const onCollectedCoverageCallback = (marks: Uint8Array[]) => {
      for (const mark of marks) hits.add(Number(BigInt(`0x${Buffer.from(mark).toString("hex")}`)));
      return Promise.resolve();
    };
    const hardfork = opLatestHardfork();
    const path = join(process.cwd(), relative("project", suite.source));
    const [result] = await Promise.all([
      new Promise<SuiteResult>((resolve, reject) => {
        this.context
          .runSolidityTests(
            OP_CHAIN_TYPE,
            this.artifacts,
            [suite],
            {
              projectRoot: process.cwd(),
              // For the number of runs that a test asks for in its comment.
              ...(!recording && existsSync(path) && { testSourcePaths: { [suite.source]: path } }),
              hardfork: opHardforkToString(hardfork),
              localPredeploys: opGenesisState(hardfork),
              fsPermissions: [{ access: FsAccessPermission.ReadDirectory, path: "test/vectors" }],
              disableBlockGasLimit: true,
              disableTransactionGasCap: true,
              gasLimit,
              collectStackTraces: CollectStackTraces.OnFailure,
              includeTraces: IncludeTraces.None,
              // Same inputs for every mutant, and for the run without one.
              fuzz: { runs, seed: "0x01", maxTestRejects: MOST_REJECTED },
              invariant: { runs: 1, depth: 50, failOnRevert: true },
              blockCoinbase: Buffer.from(coinbase.toString(16).padStart(40, "0"), "hex"),
              ...(recording && { observability: { codeCoverage: { onCollectedCoverageCallback } } }),
              ...(tests && { testPattern: `^(${tests.join("|")})\\(` }),
            },
            { buildInfos: [], ignoreContracts: false },
            resolve,
          )
          .catch(reject);
      }),
    ]);
    return { results: result.testResults, hits };
  }
}

/** Names of the tests of a contract. */
function testsOf({ contract }: Artifact): string[] {
  const abi = JSON.parse(contract.abi) as { type: string; name?: string }[];
  const functions = abi.filter(({ type }) => type === "function").map(({ name = "" }) => name);
  return functions.filter((name) => /^(test|invariant)/.test(name));
}

function isSuite(artifact: Artifact): boolean {
  const { bytecode = "0x" } = artifact.contract;
  return bytecode !== "0x" && artifact.id.source.includes("/test/") && testsOf(artifact).length > 0;
}
