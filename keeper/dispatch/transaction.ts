import { Transaction, keccak256 } from "ethers";
import type { Signer } from "../keys/signer.js";
import type { JournalAttempt } from "../store/store.js";
import type { GasFees } from "./fees.js";
import type { Intent } from "./intent.js";

/** The transaction an intent becomes; unsigned, also what fees are asked for. */
export function transactionOf(intent: Intent, nonce: number, fees: GasFees, chainId: bigint): Transaction {
  const { to, data, gasLimit } = intent;
  const { maxFeePerGas, maxPriorityFeePerGas } = fees;
  return Transaction.from({
    ...{ type: 2, chainId, nonce, to, data, gasLimit, value: 0n },
    ...{ maxFeePerGas, maxPriorityFeePerGas },
  });
}

/** Signs what the journal will keep and a node be sent. */
export async function signed(
  signer: Signer,
  intent: Intent,
  nonce: number,
  fees: GasFees,
  chainId: bigint,
): Promise<JournalAttempt> {
  const transaction = transactionOf(intent, nonce, fees, chainId);
  transaction.signature = await signer.signDigest(transaction.unsignedHash);
  const raw = transaction.serialized;
  const { maxFeePerGas, maxPriorityFeePerGas } = fees;
  return { hash: keccak256(raw), raw, intent, maxFeePerGas, maxPriorityFeePerGas };
}

const CANCEL_GAS = 21_000n;

/** Nothing, sent to oneself: what takes a nonce away from something that is not wanted, or fills a gap. */
export function cancellation(lane: string, of: Intent | undefined, maxCostWei: bigint): Intent {
  return {
    // Its fees are booked too: where it stands for nothing else, on the account.
    ...{ kind: "cancel", subjects: of?.subjects ?? [lane], facility: of?.facility ?? 0 },
    ...{ to: lane, data: "0x", gasLimit: CANCEL_GAS, expectedEvents: 0, maxCostWei },
  };
}
