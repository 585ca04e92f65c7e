import { Interface, type InterfaceAbi } from "ethers";
import { DeployError } from "./errors.js";
import type { Parameters } from "./parameters.js";

/** The AccessManager's own. */
export const ADMIN = 0n;

/** A role of contracts/governance/Roles.sol. RoleTable.sol says the same on chain, and the check compares the two. */
export interface Role {
  id: bigint;
  label: string;
  holder: string;
  /** seconds between scheduling and executing; 0 acts at once */
  executionDelay: bigint;
  /** seconds between being granted and being of use */
  grantDelay: bigint;
  /** the role that may cancel what this one has scheduled */
  guardian: bigint;
  /** selectors of either loan manager's functions it may call */
  manager: readonly string[];
  /** selectors of any pool's */
  pool: readonly string[];
  /** selectors of a TermLendingPool's, beside those of any pool */
  sheets: readonly string[];
  /** selectors of Capital's */
  capital: readonly string[];
}

const GUARDIAN = 2n;

/** Finds what the compiler made of a contract. */
export type ReadAbi = (contract: string) => { abi: unknown };

/** @param read finds a contract's ABI by its name */
export function rolesOf({ governance: g }: Pick<Parameters, "governance">, read: ReadAbi): Role[] {
  const interfaces = new Map<string, Interface>();
  const interfaceOf = (contract: string) => {
    const known = interfaces.get(contract) ?? new Interface(read(contract).abi as InterfaceAbi);
    interfaces.set(contract, known);
    return known;
  };
  const selectors = (contract: string, names: readonly string[]) => {
    const known = interfaceOf(contract);
    return names.map((name) => {
      const found = known.getFunction(name);
      if (found === null) throw new DeployError(`${contract} has no function ${name} to give to a role`);
      return found.selector;
    });
  };
  const manager = (...names: string[]) => selectors("LoanManager", names);
  const pool = (...names: string[]) => selectors("LendingPool", names);
  return [
    {
      id: 1n,
      label: "RISK_MANAGER",
      holder: g.riskManager,
      executionDelay: BigInt(g.riskManagerDelaySeconds),
      grantDelay: BigInt(g.grantDelaySeconds),
      guardian: GUARDIAN,
      manager: manager("createFacility", "resumeNewLoans", "setCaps", "setMaxLtv", "setGate", "setOracle"),
      pool: pool("setReserveFee"),
      sheets: selectors("TermLendingPool", ["addTermSheet"]),
      capital: selectors("Capital", ["setRiskWeights", "assign", "setHaircut"]),
    },
    {
      id: GUARDIAN,
      label: "GUARDIAN",
      holder: g.guardian,
      executionDelay: 0n,
      // A lost guardian must be replaced at once; all it can do is stop and lower.
      grantDelay: 0n,
      guardian: ADMIN,
      manager: manager("stopNewLoans", "lowerCaps", "lowerMaxLtv"),
      pool: [],
      sheets: selectors("TermLendingPool", ["retireTermSheet"]),
      capital: [],
    },
    {
      id: 3n,
      label: "FEE_COLLECTOR",
      holder: g.feeCollector,
      executionDelay: BigInt(g.feeCollectorDelaySeconds),
      grantDelay: BigInt(g.grantDelaySeconds),
      guardian: GUARDIAN,
      manager: [],
      pool: pool("collectReserve"),
      sheets: [],
      capital: [],
    },
  ];
}

/** Selectors of a pool's functions that a role may call. */
export const functionsOnPool = (role: Pick<Role, "pool" | "sheets">, isTerm: boolean): string[] =>
  isTerm ? [...role.pool, ...role.sheets] : [...role.pool];
