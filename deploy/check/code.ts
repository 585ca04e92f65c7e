import { dataLength, getBytes } from "ethers";
import type { CheckRequest } from "../check.js";
import type { Findings } from "./findings.js";

/** EIP-170. */
const LARGEST_CODE = 24_576;
const PUSH32 = 0x7f;
const WORD = 32;

interface Expected {
  contract: string;
  address: string;
  what: string;
  /** the contract whose creation code carries it, where it is not deployed by itself */
  within?: string;
}

/** The contracts a deployment consists of, by name of their source. */
function contractsOf({ deployment: d }: CheckRequest): Expected[] {
  const shared: [contract: string, address: string | undefined, what: string][] = [
    ["AccessManager", d.accessManager, "accessManager"],
    ["LoanManager", d.loanManager, "loanManager"],
    ["LiquidationEngine", d.liquidationEngine, "liquidationEngine"],
    ["Lens", d.lens, "lens"],
    ["RoleTable", d.roleTable, "roleTable"],
    ["RepayWithCollateral", d.repayWithCollateral, "repayWithCollateral"],
    ["Liquidator", d.liquidator, "liquidator"],
  ];
  return [
    ...shared.flatMap(([contract, address, what]) => (address === undefined ? [] : [{ contract, address, what }])),
    ...d.facilities.flatMap(({ name, pool, tranche, vault, oracle }): Expected[] => [
      { contract: "LendingPool", address: pool, what: `${name}.pool`, within: "PoolDeployer" },
      { contract: "Tranche", address: tranche, what: `${name}.tranche`, within: "PoolDeployer" },
      { contract: "CollateralVault", address: vault, what: `${name}.vault` },
      { contract: "PriceOracle", address: oracle, what: `${name}.oracle` },
    ]),
  ];
}

/** Every address holds what was compiled here, and fits the limit on a contract's size. */
export async function checkCode(findings: Findings, request: CheckRequest): Promise<void> {
  for (const { contract, address, what, within } of contractsOf(request)) {
    const code = await request.provider.getCode(address);
    const size = dataLength(code);
    if (size === 0) {
      findings.holds(`code of ${what} at ${address}`, false, "none", contract);
      continue;
    }
    const { artifacts } = request;
    const holds =
      within === undefined
        ? isMadeFrom(getBytes(code), getBytes(artifacts.read(contract).deployedBytecode), 0)
        : isCarriedBy(getBytes(code), getBytes(artifacts.read(within).bytecode));
    const source = within === undefined ? contract : `${contract} in ${within}`;
    findings.holds(`code of ${what} at ${address}`, holds, `${size} bytes that differ`, `${source} as compiled here`);
    findings.holds(`size of ${what}`, size <= LARGEST_CODE, `${size} bytes`, `at most ${LARGEST_CODE}`);
  }
}

/**
 * The compiler leaves a word of zeros to be pushed wherever deployment writes an immutable value: code may differ there, and
 * nowhere else. (The wiring checks read those values by name.)
 */
function isMadeFrom(code: Uint8Array, template: Uint8Array, start: number): boolean {
  if (start === 0 && template.length !== code.length) return false;
  for (let i = 0; i < code.length;) {
    if (code[i] === PUSH32 && template[start + i] === PUSH32 && isZero(template, start + i + 1)) i += 1 + WORD;
    else if (code[i] === template[start + i]) i++;
    else return false;
  }
  return true;
}

function isZero(bytes: Uint8Array, from: number): boolean {
  return bytes.subarray(from, from + WORD).every((byte) => byte === 0);
}

/**
 * Of two contracts in one, the optimiser may order parts otherwise than of one alone, so it is the carrier's copy that counts.
 */
function isCarriedBy(code: Uint8Array, carrier: Uint8Array): boolean {
  for (let start = 1; start + code.length <= carrier.length; start++) {
    if (isMadeFrom(code, carrier, start)) return true;
  }
  return false;
}
