import { encodeFunctionData, parseAbi, parseEventLogs, zeroAddress, type Address } from "viem";
import { signer, type DevnetAccounts } from "./accounts.js";
import { shipped } from "./artifacts.js";
import { DevnetError } from "./errors.js";
import type { Rollup } from "./rollup.js";

/** Safe 1.4.1 as its authors compiled it; the genesis has 1.3.0 singletons but no factory for them. */
export interface Safe {
  proxyFactory: Address;
  /** the singleton for rollups, which logs every transaction */
  singleton: Address;
  fallbackHandler: Address;
  multiSend: Address;
  /** a Safe of the three governors, two of whom decide */
  governance: Address;
}

const THRESHOLD = 2n;
const factoryAbi = parseAbi([
  "function createProxyWithNonce(address singleton, bytes initializer, uint256 saltNonce) returns (address)",
  "event ProxyCreation(address indexed proxy, address singleton)",
]);
const safeAbi = parseAbi([
  "function setup(address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler, address paymentToken, uint256 payment, address paymentReceiver)",
]);

export async function deploySafe({ l2 }: Rollup, { deployer, governors }: DevnetAccounts): Promise<Safe> {
  const from = signer(deployer);
  const deploy = (path: string) =>
    l2.deploy(from, shipped(`@safe-global/safe-contracts/build/artifacts/contracts/${path}.json`));
  const proxyFactory = await deploy("proxies/SafeProxyFactory.sol/SafeProxyFactory");
  const singleton = await deploy("SafeL2.sol/SafeL2");
  const fallbackHandler = await deploy("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler");
  const multiSend = await deploy("libraries/MultiSend.sol/MultiSend");

  const owners = governors.map(({ address }) => address);
  const setup = encodeFunctionData({
    abi: safeAbi,
    functionName: "setup",
    args: [owners, THRESHOLD, zeroAddress, "0x", fallbackHandler, zeroAddress, 0n, zeroAddress],
  });
  const receipt = await l2.send(from, {
    to: proxyFactory,
    data: encodeFunctionData({ abi: factoryAbi, functionName: "createProxyWithNonce", args: [singleton, setup, 0n] }),
  });
  const [created] = parseEventLogs({ abi: factoryAbi, logs: receipt.logs });
  if (!created) throw new DevnetError(`The Safe factory ${proxyFactory} made no Safe.`);
  return { proxyFactory, singleton, fallbackHandler, multiSend, governance: created.args.proxy };
}
