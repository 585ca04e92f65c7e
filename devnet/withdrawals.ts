import {
  concat,
  encodeAbiParameters,
  encodeFunctionData,
  erc20Abi,
  keccak256,
  parseAbi,
  parseEventLogs,
  zeroHash,
  type Address,
  type Hex,
  type TransactionReceipt,
} from "viem";
import { buildProveWithdrawal, getWithdrawals } from "viem/op-stack";
import { signer, type DevnetAccount } from "./accounts.js";
import { DevnetError } from "./errors.js";
import { bridgeAbi, portalAbi, predeploys } from "./opContracts.js";
import type { Rollup } from "./rollup.js";
import type { Tokens } from "./tokens.js";

const gameFactoryAbi = parseAbi([
  "function create(uint32 gameType, bytes32 rootClaim, bytes extraData) payable returns (address)",
  "function gameImpls(uint32 gameType) view returns (address)",
  "function initBonds(uint32 gameType) view returns (uint256)",
  "function gameCount() view returns (uint256)",
  "event DisputeGameCreated(address indexed disputeProxy, uint32 indexed gameType, bytes32 indexed rootClaim)",
]);
const gameAbi = parseAbi([
  "function proposer() view returns (address)",
  "function maxClockDuration() view returns (uint64)",
  "function resolveClaim(uint256 claimIndex, uint256 numToResolve)",
  "function resolve() returns (uint8)",
]);
const relayAbi = parseAbi([
  "event WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success)",
  "event FailedRelayedMessage(bytes32 indexed msgHash)",
]);

const BRIDGE_GAS = 300_000;
/** As many claims of the game as are resolved in one call; ours has one. */
const CLAIMS = 512n;

interface Proposal {
  game: Address;
  index: bigint;
  l2BlockNumber: bigint;
}

/** Starts a withdrawal of wrapped BTC to L1 on L2. @param amount satoshis */
export async function initiateErc20(
  { l2 }: Rollup,
  { wrappedBtc }: Tokens,
  from: DevnetAccount,
  to: Address,
  amount: bigint,
): Promise<TransactionReceipt> {
  await l2.send(signer(from), {
    to: wrappedBtc.l2,
    data: encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [predeploys.standardBridge, amount] }),
  });
  return l2.send(signer(from), {
    to: predeploys.standardBridge,
    data: encodeFunctionData({
      abi: bridgeAbi,
      functionName: "bridgeERC20To",
      args: [wrappedBtc.l2, wrappedBtc.l1, to, amount, BRIDGE_GAS, "0x"],
    }),
  });
}

/** Starts a withdrawal of ether to L1 on L2. @param amount wei */
export const initiateEth = ({ l2 }: Rollup, from: DevnetAccount, to: Address, amount: bigint) =>
  l2.send(signer(from), {
    to: predeploys.standardBridge,
    data: encodeFunctionData({ abi: bridgeAbi, functionName: "bridgeETHTo", args: [to, BRIDGE_GAS, "0x"] }),
    value: amount,
  });

/**
 * Takes a withdrawal through the genuine portal: an output root is proposed as a dispute game, the withdrawal proved
 * against it, the game resolved, the withdrawal finalised. Time moves past the game's clock (days) on both chains.
 * @param initiated receipt of the L2 transaction that started it
 * @returns the receipt of the finalising L1 transaction
 */
export async function proveAndFinalise(
  rollup: Rollup,
  from: DevnetAccount,
  initiated: TransactionReceipt,
): Promise<TransactionReceipt> {
  const { l1, l2, contracts } = rollup;
  const [withdrawal] = getWithdrawals(initiated);
  if (!withdrawal) throw new DevnetError(`L2 transaction ${initiated.transactionHash} started no withdrawal.`);

  const proposal = await propose(rollup);
  await wait(rollup, 1n);
  const proof = await buildProveWithdrawal(l2.client, {
    account: from.address,
    game: { ...proposal, usesSuperRoots: false } as never,
    withdrawal,
  });
  const portal = { to: contracts.optimismPortal };
  await l1.send(signer(from), {
    ...portal,
    data: encodeFunctionData({
      abi: portalAbi,
      functionName: "proveWithdrawalTransaction",
      args: [withdrawal, proposal.index, proof.outputRootProof, proof.withdrawalProof],
    }),
  });

  await resolve(rollup, from, proposal.game);
  const portalContract = { address: contracts.optimismPortal, abi: portalAbi } as const;
  const [maturity, finality] = await Promise.all([
    l1.client.readContract({ ...portalContract, functionName: "proofMaturityDelaySeconds" }),
    l1.client.readContract({ ...portalContract, functionName: "disputeGameFinalityDelaySeconds" }),
  ]);
  await wait(rollup, (maturity > finality ? maturity : finality) + 1n);
  const receipt = await l1.send(signer(from), {
    ...portal,
    data: encodeFunctionData({ abi: portalAbi, functionName: "finalizeWithdrawalTransaction", args: [withdrawal] }),
  });
  assertRelayed(receipt);
  return receipt;
}

/** Proposes the output root of L2's head, as the genesis's proposer. */
async function propose({ l1, l2, contracts }: Rollup): Promise<Proposal> {
  const block = await l2.client.getBlock();
  const { storageHash } = await l2.client.getProof({
    address: predeploys.l2ToL1MessagePasser,
    storageKeys: [],
    blockNumber: block.number,
  });
  const rootClaim = keccak256(concat([zeroHash, block.stateRoot, storageHash, block.hash]));
  const factory = { address: contracts.disputeGameFactory, abi: gameFactoryAbi } as const;
  const gameType = await l1.client.readContract({
    address: contracts.optimismPortal,
    abi: portalAbi,
    functionName: "respectedGameType",
  });
  const [implementation, bond] = await Promise.all([
    l1.client.readContract({ ...factory, functionName: "gameImpls", args: [gameType] }),
    l1.client.readContract({ ...factory, functionName: "initBonds", args: [gameType] }),
  ]);
  const proposer = await l1.client.readContract({ address: implementation, abi: gameAbi, functionName: "proposer" });
  await l1.client.setBalance({ address: proposer, value: 10n ** 20n + bond });
  const extraData = encodeAbiParameters([{ type: "uint256" }], [block.number]);
  const receipt = await l1.sendAs(proposer, {
    to: contracts.disputeGameFactory,
    data: encodeFunctionData({ abi: gameFactoryAbi, functionName: "create", args: [gameType, rootClaim, extraData] }),
    value: bond,
  });
  const [created] = parseEventLogs({ abi: gameFactoryAbi, logs: receipt.logs });
  if (!created) throw new DevnetError(`The dispute game factory ${factory.address} made no game.`);
  const count = await l1.client.readContract({ ...factory, functionName: "gameCount" });
  return { game: created.args.disputeProxy, index: count - 1n, l2BlockNumber: block.number };
}

async function resolve(rollup: Rollup, from: DevnetAccount, game: Address): Promise<void> {
  const { l1 } = rollup;
  const clock = await l1.client.readContract({ address: game, abi: gameAbi, functionName: "maxClockDuration" });
  await wait(rollup, clock + 1n);
  const calls: Hex[] = [
    encodeFunctionData({ abi: gameAbi, functionName: "resolveClaim", args: [0n, CLAIMS] }),
    encodeFunctionData({ abi: gameAbi, functionName: "resolve" }),
  ];
  for (const data of calls) await l1.send(signer(from), { to: game, data });
}

/** Moves time and mines an L1 block there, so that gas estimates and calls see it. */
async function wait(rollup: Rollup, seconds: bigint): Promise<void> {
  await rollup.setTime(rollup.clock.now() + seconds);
  if (!rollup.automine) await rollup.mineL1();
}

/** A portal finalises a withdrawal even when the call it carries fails. */
function assertRelayed({ logs, transactionHash }: TransactionReceipt): void {
  for (const { eventName, args } of parseEventLogs({ abi: relayAbi, logs }))
    if (eventName === "FailedRelayedMessage" || !args.success)
      throw new DevnetError(`L1 transaction ${transactionHash} finalised a withdrawal whose call failed.`);
}
