import { encodeFunctionData, erc20Abi, parseAbi, parseEventLogs, type Address, type TransactionReceipt } from "viem";
import { signer, type DevnetAccount } from "./accounts.js";
import { needed } from "./artifacts.js";
import { DevnetError } from "./errors.js";
import { bridgeAbi, predeploys } from "./opContracts.js";
import type { Rollup } from "./rollup.js";

export const WRAPPED_BTC_DECIMALS = 8;
export const DOLLAR_DECIMALS = 6;

export interface Tokens {
  /** 8 decimals; `l2` is the genuine OptimismMintableERC20 of `l1`, so every unit of it came over the bridge */
  wrappedBtc: { l1: Address; l2: Address };
  /** 6 decimals, on L2 */
  dollar: Address;
}

const mintAbi = parseAbi(["function mint(address to, uint256 amount)"]);
const factoryAbi = parseAbi([
  "function createOptimismMintableERC20WithDecimals(address remoteToken, string name, string symbol, uint8 decimals) returns (address)",
  "event OptimismMintableERC20Created(address indexed localToken, address indexed remoteToken, address deployer)",
]);
const BRIDGE_GAS = 300_000;

export async function deployTokens({ l1, l2 }: Rollup, deployer: DevnetAccount): Promise<Tokens> {
  const token = needed.token();
  const [onL1, dollar] = await Promise.all([
    l1.deploy(signer(deployer), token, ["Wrapped BTC", "WBTC", WRAPPED_BTC_DECIMALS]),
    l2.deploy(signer(deployer), token, ["Dollar", "DOLLAR", DOLLAR_DECIMALS]),
  ]);
  const receipt = await l2.send(signer(deployer), {
    to: predeploys.mintableTokenFactory,
    data: encodeFunctionData({
      abi: factoryAbi,
      functionName: "createOptimismMintableERC20WithDecimals",
      args: [onL1, "Wrapped BTC", "WBTC", WRAPPED_BTC_DECIMALS],
    }),
  });
  const [created] = parseEventLogs({ abi: factoryAbi, logs: receipt.logs });
  if (!created) throw new DevnetError(`The token factory ${predeploys.mintableTokenFactory} made no token.`);
  return { wrappedBtc: { l1: onL1, l2: created.args.localToken }, dollar };
}

/** Mints wrapped BTC on L1 and bridges it through the genuine standard bridges. @param amount satoshis */
export async function bridgeIn(
  rollup: Rollup,
  { wrappedBtc }: Tokens,
  from: DevnetAccount,
  to: Address,
  amount: bigint,
): Promise<TransactionReceipt> {
  const { l1, contracts } = rollup;
  const bridge = contracts.standardBridge;
  await mint(rollup, "l1", wrappedBtc.l1, from, from.address, amount);
  await l1.send(signer(from), {
    to: wrappedBtc.l1,
    data: encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [bridge, amount] }),
  });
  return l1.send(signer(from), {
    to: bridge,
    data: encodeFunctionData({
      abi: bridgeAbi,
      functionName: "bridgeERC20To",
      args: [wrappedBtc.l1, wrappedBtc.l2, to, amount, BRIDGE_GAS, "0x"],
    }),
  });
}

/** Mints a mock token: wrapped BTC on L1, or the dollar on L2. */
export function mint(
  rollup: Rollup,
  layer: "l1" | "l2",
  token: Address,
  from: DevnetAccount,
  to: Address,
  amount: bigint,
): Promise<TransactionReceipt> {
  const data = encodeFunctionData({ abi: mintAbi, functionName: "mint", args: [to, amount] });
  return rollup[layer].send(signer(from), { to: token, data });
}

/** @param amount in smallest units */
export function transfer(
  { l2 }: Rollup,
  token: Address,
  from: DevnetAccount,
  to: Address,
  amount: bigint,
): Promise<TransactionReceipt> {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, amount] });
  return l2.send(signer(from), { to: token, data });
}
