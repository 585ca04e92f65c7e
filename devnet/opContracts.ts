import { parseAbi, type Address } from "viem";
import type { Chain } from "./chain.js";

/** The one address of the L1 genesis that must be known; every other L1 contract is read from it. */
const OPTIMISM_PORTAL: Address = "0x75CEb25776D0402972B736F6E13Fd0616BE98f22";

/** Predeploys: the same on every OP-Stack chain. */
export const predeploys = {
  weth: "0x4200000000000000000000000000000000000006",
  crossDomainMessenger: "0x4200000000000000000000000000000000000007",
  gasPriceOracle: "0x420000000000000000000000000000000000000F",
  standardBridge: "0x4200000000000000000000000000000000000010",
  sequencerFeeVault: "0x4200000000000000000000000000000000000011",
  mintableTokenFactory: "0x4200000000000000000000000000000000000012",
  l1Block: "0x4200000000000000000000000000000000000015",
  l2ToL1MessagePasser: "0x4200000000000000000000000000000000000016",
  baseFeeVault: "0x4200000000000000000000000000000000000019",
  l1FeeVault: "0x420000000000000000000000000000000000001A",
  operatorFeeVault: "0x420000000000000000000000000000000000001b",
  schemaRegistry: "0x4200000000000000000000000000000000000020",
  eas: "0x4200000000000000000000000000000000000021",
  multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",
  permit2: "0x000000000022D473030F116dDEE9F6B43aC78BA3",
} as const satisfies Record<string, Address>;

/** What each L1 block's attributes are sent from. */
export const ATTRIBUTES_DEPOSITOR: Address = "0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001";

/** L1 contracts of the rollup. */
export interface L1Contracts {
  optimismPortal: Address;
  systemConfig: Address;
  crossDomainMessenger: Address;
  standardBridge: Address;
  disputeGameFactory: Address;
  anchorStateRegistry: Address;
}

export const portalAbi = parseAbi([
  "struct Withdrawal { uint256 nonce; address sender; address target; uint256 value; uint256 gasLimit; bytes data; }",
  "struct OutputRootProof { bytes32 version; bytes32 stateRoot; bytes32 messagePasserStorageRoot; bytes32 latestBlockhash; }",
  "function systemConfig() view returns (address)",
  "function anchorStateRegistry() view returns (address)",
  "function proofMaturityDelaySeconds() view returns (uint256)",
  "function disputeGameFinalityDelaySeconds() view returns (uint256)",
  "function respectedGameType() view returns (uint32)",
  "function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) payable",
  "function proveWithdrawalTransaction(Withdrawal withdrawal, uint256 gameIndex, OutputRootProof proof, bytes[] nodes)",
  "function finalizeWithdrawalTransaction(Withdrawal withdrawal)",
]);

export const systemConfigAbi = parseAbi([
  "function owner() view returns (address)",
  "function l1CrossDomainMessenger() view returns (address)",
  "function l1StandardBridge() view returns (address)",
  "function disputeGameFactory() view returns (address)",
  "function batcherHash() view returns (bytes32)",
  "function basefeeScalar() view returns (uint32)",
  "function blobbasefeeScalar() view returns (uint32)",
  "function operatorFeeScalar() view returns (uint32)",
  "function operatorFeeConstant() view returns (uint64)",
  "function setGasConfigEcotone(uint32 basefeeScalar, uint32 blobbasefeeScalar)",
  "function setOperatorFeeScalars(uint32 operatorFeeScalar, uint64 operatorFeeConstant)",
]);

export const bridgeAbi = parseAbi([
  "function bridgeETHTo(address to, uint32 minGasLimit, bytes extraData) payable",
  "function bridgeERC20To(address localToken, address remoteToken, address to, uint256 amount, uint32 minGasLimit, bytes extraData)",
]);

export const messengerAbi = parseAbi([
  "function sendMessage(address target, bytes message, uint32 minGasLimit) payable",
]);

export async function readL1Contracts(l1: Chain): Promise<L1Contracts> {
  const portal = { address: OPTIMISM_PORTAL, abi: portalAbi } as const;
  const [systemConfig, anchorStateRegistry] = await Promise.all([
    l1.client.readContract({ ...portal, functionName: "systemConfig" }),
    l1.client.readContract({ ...portal, functionName: "anchorStateRegistry" }),
  ]);
  const config = { address: systemConfig, abi: systemConfigAbi } as const;
  const [crossDomainMessenger, standardBridge, disputeGameFactory] = await Promise.all([
    l1.client.readContract({ ...config, functionName: "l1CrossDomainMessenger" }),
    l1.client.readContract({ ...config, functionName: "l1StandardBridge" }),
    l1.client.readContract({ ...config, functionName: "disputeGameFactory" }),
  ]);
  return {
    optimismPortal: OPTIMISM_PORTAL,
    systemConfig,
    crossDomainMessenger,
    standardBridge,
    disputeGameFactory,
    anchorStateRegistry,
  };
}
