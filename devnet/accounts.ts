import type { Address, Hex, PrivateKeyAccount } from "viem";
import { mnemonicToAccount, privateKeyToAccount } from "viem/accounts";
import { toHex } from "viem";

/** The phrase every local node knows. Never holds anything of worth. */
const MNEMONIC = "test test test test test test test test test test test junk";

export interface DevnetAccount {
  address: Address;
  privateKey: Hex;
}

/** Who does what; the first ten accounts have parts, the rest are free. Each has 10,000 ETH on both chains. */
export interface DevnetAccounts {
  /** deploys, mints the dollar and holds the stock of wrapped BTC that `fund` gives from */
  deployer: DevnetAccount;
  /** publishes rounds of the price feeds */
  publisher: DevnetAccount;
  /** on L1, reports the sequencer's status */
  reporter: DevnetAccount;
  /** holds the Uniswap position and trades the pool to a price */
  marketMaker: DevnetAccount;
  keeper: DevnetAccount;
  lender: DevnetAccount;
  borrower: DevnetAccount;
  /** owners of the Safe, two of three */
  governors: [DevnetAccount, DevnetAccount, DevnetAccount];
  users: DevnetAccount[];
}

export const ACCOUNTS_WITH_A_PART = 10;

/** @param count at least `ACCOUNTS_WITH_A_PART` */
export function devnetAccounts(count: number): DevnetAccounts {
  const all = Array.from({ length: count }, (_, index) => accountOf(index));
  const [deployer, publisher, reporter, marketMaker, keeper, lender, borrower, ...rest] = all as [
    DevnetAccount,
    ...DevnetAccount[],
  ] as DevnetAccount[] & { [index: number]: DevnetAccount };
  return {
    deployer: deployer!,
    publisher: publisher!,
    reporter: reporter!,
    marketMaker: marketMaker!,
    keeper: keeper!,
    lender: lender!,
    borrower: borrower!,
    governors: [rest[0]!, rest[1]!, rest[2]!],
    users: rest.slice(3),
  };
}

function accountOf(addressIndex: number): DevnetAccount {
  const account = mnemonicToAccount(MNEMONIC, { addressIndex });
  return { address: account.address, privateKey: toHex(account.getHdKey().privateKey ?? new Uint8Array()) };
}

export const signer = (account: DevnetAccount): PrivateKeyAccount => privateKeyToAccount(account.privateKey);
