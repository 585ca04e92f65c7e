import type { Party } from "../accounting/parties.js";
import type { World } from "./world.js";

/** Everybody who holds either token. Someone left out is found by the sum of balances falling short of the supply. */
export function partiesOf({ devnet, deployment, facility, lenders, borrowers, keeper }: World): Party[] {
  const { accounts, uniswap } = devnet.info;
  const party =
    (group: Party["group"]) =>
    (name: string, address: string | undefined): Party[] =>
      address === undefined ? [] : [{ name, address, group }];
  const people = (group: Party["group"], list: typeof lenders) =>
    list.flatMap(({ name, wallet }) => party(group)(name, wallet.address));
  return [
    ...people("lenders", lenders),
    ...people("borrowers", borrowers),
    ...people("keeper", [keeper]),
    ...party("keeper")("liquidator contract", deployment.liquidator),
    ...deployment.facilities.flatMap(({ id, name, pool, vault, tranche, junior, cover, queue }) =>
      Object.entries({ pool, vault, tranche, junior, cover, queue }).flatMap(([what, address]) =>
        party("ballast")(id === facility.id ? what : `${what} of ${name}`, address),
      ),
    ),
    ...party("ballast")("loan manager", deployment.loanManager),
    ...party("ballast")("term loan manager", deployment.termLoanManager),
    ...party("ballast")("repay-with-collateral", deployment.repayWithCollateral),
    ...party("ballast")("protection orders", deployment.protectionOrders),
    ...party("market")("Uniswap pool", uniswap.pool),
    ...party("market")("Uniswap router", uniswap.swapRouter),
    ...party("market")("Uniswap position manager", uniswap.positionManager),
    ...party("market")("market maker and arbitrageur", accounts.marketMaker.address),
    ...party("others")("deployer, with the stock of tokens", accounts.deployer.address),
  ];
}
