import { dataLength, getBytes } from "ethers";
import type { CheckRequest } from "../check.js";
import { isCarriedBy, isMadeFrom } from "./bytecode.js";
import type { Findings } from "./findings.js";

/** EIP-170. */
const LARGEST_CODE = 24_576;

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
    ["TermLoanManager", d.termLoanManager, "termLoanManager"],
    ["TermLoanBook", d.termLoanBook, "termLoanBook"],
    ["TermLens", d.termLens, "termLens"],
    ["LiquidationEngine", d.liquidationEngine, "liquidationEngine"],
    ["Lens", d.lens, "lens"],
    ["RoleTable", d.roleTable, "roleTable"],
    ["Capital", d.capital, "capital"],
    ["RepayWithCollateral", d.repayWithCollateral, "repayWithCollateral"],
    ["ProtectionOrders", d.protectionOrders, "protectionOrders"],
    ["Liquidator", d.liquidator, "liquidator"],
  ];
  return [
    ...shared.flatMap(([contract, address, what]) => (address === undefined ? [] : [{ contract, address, what }])),
    ...d.facilities.flatMap(({ name, kind, pool, tranche, queue, junior, cover, vault, oracle }): Expected[] => {
      const poolContract = kind === "term" ? "TermLendingPool" : "LendingPool";
      const made: [contract: string, address: string | undefined, what: string][] = [
        [poolContract, pool, "pool"],
        ["Tranche", tranche, "tranche"],
        ["Tranche", junior, "junior"],
        ["Tranche", cover, "cover"],
        ["RedemptionQueue", queue, "queue"],
      ];
      return [
        ...made.flatMap(([contract, address, what]) =>
          address === undefined
            ? []
            : [{ contract, address, what: `${name}.${what}`, within: `${poolContract}Deployer` }],
        ),
        { contract: "CollateralVault", address: vault, what: `${name}.vault` },
        { contract: "PriceOracle", address: oracle, what: `${name}.oracle` },
      ];
    }),
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
        ? isMadeFrom(getBytes(code), getBytes(artifacts.read(contract).deployedBytecode))
        : isCarriedBy(getBytes(code), getBytes(artifacts.read(within).bytecode));
    const source = within === undefined ? contract : `${contract} in ${within}`;
    findings.holds(`code of ${what} at ${address}`, holds, `${size} bytes that differ`, `${source} as compiled here`);
    findings.holds(`size of ${what}`, size <= LARGEST_CODE, `${size} bytes`, `at most ${LARGEST_CODE}`);
  }
}
