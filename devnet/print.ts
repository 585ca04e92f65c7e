import Table from "cli-table3";
import type { DevnetAccount, DevnetAccounts } from "./accounts.js";
import type { DevnetInfo } from "./devnet.js";

/** What a person needs to use the devnet, as text. */
export function describe(info: DevnetInfo): string {
  const { l1, l2, tokens, feeds, uniswap, safe } = info;
  return [
    section("Chains", [
      ["L1", `chain ${l1.chainId}`, l1.rpcUrl],
      ["L2", `chain ${l2.chainId}`, l2.rpcUrl],
    ]),
    section("On L2", [
      ["wrapped BTC (8 decimals)", tokens.wrappedBtc.l2],
      ["dollar (6 decimals)", tokens.dollar],
      ["feed BTC / USD", feeds.btcUsd],
      ["feed WBTC / BTC", feeds.wrapperBtc],
      ["feed DOLLAR / USD", feeds.dollarUsd],
      ["sequencer uptime feed", info.sequencerUptimeFeed],
      [`Uniswap v3 pool (${uniswap.poolFee / 10_000} %)`, uniswap.pool],
      ["Uniswap v3 factory", uniswap.factory],
      ["Uniswap v3 position manager", uniswap.positionManager],
      ["Uniswap v3 router", uniswap.swapRouter],
      ["Uniswap v3 quoter", uniswap.quoterV2],
      ["Safe of the governors", safe.governance],
      ["Safe proxy factory", safe.proxyFactory],
      ["Multicall3", l2.predeploys.multicall3],
      ["gas price oracle", l2.predeploys.gasPriceOracle],
    ]),
    section("On L1", [
      ["wrapped BTC", tokens.wrappedBtc.l1],
      ["portal", l1.contracts.optimismPortal],
      ["standard bridge", l1.contracts.standardBridge],
      ["messenger", l1.contracts.crossDomainMessenger],
      ["system config", l1.contracts.systemConfig],
    ]),
    section(
      "Accounts, funded with 10,000 ETH on both chains (keys everyone knows: never use them elsewhere)",
      named(info.accounts).map(([name, { address, privateKey }]) => [name, address, privateKey]),
    ),
  ].join("\n\n");
}

function named(accounts: DevnetAccounts): [string, DevnetAccount][] {
  const { governors, users, ...parts } = accounts;
  return [
    ...Object.entries(parts),
    ...governors.map((account, index): [string, DevnetAccount] => [`governor ${index + 1}`, account]),
    ...users.map((account, index): [string, DevnetAccount] => [`user ${index + 1}`, account]),
  ];
}

function section(title: string, rows: string[][]): string {
  const table = new Table({
    chars: {
      ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
      ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
      ...{ left: "  ", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
    },
    style: { border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows);
  return `${title}\n${table.toString()}`;
}
