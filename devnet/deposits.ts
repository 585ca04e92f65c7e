import { keccak256, parseAbi, parseEventLogs, type Hex } from "viem";
import {
  extractTransactionDepositedLogs,
  getSourceHash,
  opaqueDataToDepositData,
  serializeTransaction,
} from "viem/op-stack";
import type { Chain } from "./chain.js";
import type { L1Contracts } from "./opContracts.js";

/** A transaction that L1 obliges L2 to include. */
export interface Deposit {
  raw: Hex;
  hash: Hex;
}

const configUpdateAbi = parseAbi(["event ConfigUpdate(uint256 indexed version, uint8 indexed updateType, bytes data)"]);

/** What one L1 block has for L2: the portal's deposits, in order, and whether fee settings changed in it. */
export async function depositsOf(
  l1: Chain,
  { optimismPortal, systemConfig }: L1Contracts,
  blockNumber: bigint,
): Promise<{ deposits: Deposit[]; feesChanged: boolean }> {
  const logs = await l1.client.getLogs({
    address: [optimismPortal, systemConfig],
    fromBlock: blockNumber,
    toBlock: blockNumber,
  });
  const deposits = extractTransactionDepositedLogs({ logs }).map((log) => {
    const { data, gas, isCreation, mint, value } = opaqueDataToDepositData(log.args.opaqueData);
    const raw = serializeTransaction({
      type: "deposit",
      sourceHash: getSourceHash({ domain: "userDeposit", l1BlockHash: log.blockHash, l1LogIndex: log.logIndex }),
      from: log.args.from,
      to: isCreation ? null : log.args.to,
      mint,
      value,
      gas,
      isSystemTx: false,
      data,
    });
    return { raw, hash: keccak256(raw) };
  });
  return { deposits, feesChanged: parseEventLogs({ abi: configUpdateAbi, logs }).length > 0 };
}
