import { dataLength, getBytes, hexlify } from "ethers";
import type { Artifact } from "@nomicfoundation/ignition-core";
import type { CheckRequest } from "../check.js";
import type { Findings } from "./findings.js";

/** EIP-170. */
const LARGEST_CODE = 24_576;

/** The contracts a deployment consists of, by name of their source. */
function contractsOf({ deployment: d }: CheckRequest): [contract: string, address: string, what: string][] {
  const named: [string, string | undefined, string][] = [
    ["AccessManager", d.accessManager, "accessManager"],
    ["LoanManager", d.loanManager, "loanManager"],
    ["LiquidationEngine", d.liquidationEngine, "liquidationEngine"],
    ["Lens", d.lens, "lens"],
    ["RoleTable", d.roleTable, "roleTable"],
    ["RepayWithCollateral", d.repayWithCollateral, "repayWithCollateral"],
    ["Liquidator", d.liquidator, "liquidator"],
    ...d.facilities.flatMap(({ name, pool, tranche, vault, oracle }): [string, string, string][] => [
      ["LendingPool", pool, `${name}.pool`],
      ["Tranche", tranche, `${name}.tranche`],
      ["CollateralVault", vault, `${name}.vault`],
      ["PriceOracle", oracle, `${name}.oracle`],
    ]),
  ];
  return named.filter((each): each is [string, string, string] => each[1] !== undefined);
}

/** Every address holds what was compiled here, and fits the limit on a contract's size. */
export async function checkCode(findings: Findings, request: CheckRequest): Promise<void> {
  for (const [contract, address, what] of contractsOf(request)) {
    const code = await request.provider.getCode(address);
    if (code === "0x") {
      findings.holds(`code of ${what} at ${address}`, false, "none", contract);
      continue;
    }
    const artifact = request.artifacts.read(contract);
    findings.holds(
      `code of ${what} at ${address}`,
      withoutImmutables(code, artifact) === withoutImmutables(artifact.deployedBytecode, artifact),
      `${dataLength(code)} bytes that differ`,
      `${contract} as compiled here`,
    );
    findings.holds(
      `size of ${what}`,
      dataLength(code) <= LARGEST_CODE,
      `${dataLength(code)} bytes`,
      `at most ${LARGEST_CODE}`,
    );
  }
}

/** Immutable values are written into the code at deployment; the wiring check reads those by name. */
function withoutImmutables(code: string, { immutableReferences = {} }: Artifact): string {
  const bytes = getBytes(code);
  for (const { start, length } of Object.values(immutableReferences).flat()) bytes.fill(0, start, start + length);
  return hexlify(bytes);
}
