import { sentences } from "./speaker.js";

/** Errors of ERC-20 tokens, their permits, and the libraries that move them. */
export const tokenSentences = sentences({
  ERC20InsufficientAllowance: ({ spender, allowance, needed }, say) =>
    `${say.who(spender)} may take ${allowance.toString()} units of the token, but ${needed.toString()} are needed: approve it first`,
  ERC20InsufficientBalance: ({ sender, balance, needed }, say) =>
    `${say.who(sender)} holds ${balance.toString()} units of the token, but ${needed.toString()} are needed`,
  ERC20InvalidApprover: ({ approver }) => `${approver} cannot approve anything`,
  ERC20InvalidReceiver: ({ receiver }) => `tokens cannot be sent to ${receiver}`,
  ERC20InvalidSender: ({ sender }) => `tokens cannot be sent from ${sender}`,
  ERC20InvalidSpender: ({ spender }) => `${spender} cannot be approved`,
  ERC2612ExpiredSignature: ({ deadline }, say) => `the permit was good until ${say.time(deadline)}: sign a new one`,
  ERC2612InvalidSigner: ({ signer, owner }) => `the permit was signed by ${signer}, not by ${owner}`,
  ECDSAInvalidSignature: () => "the signature is not one",
  ECDSAInvalidSignatureLength: ({ length }) => `a signature is 65 bytes long, not ${length.toString()}`,
  ECDSAInvalidSignatureS: () => "the signature is written in the way that is not accepted (its s is too large)",
  SafeERC20FailedOperation: ({ token }) =>
    `the token ${token} refused the transfer: check balance and approval, and whether the token is paused or blocks an address`,
  SafeCastOverflowedUintDowncast: ({ bits, value }) =>
    `${value.toString()} is too large for the ${bits.toString()} bits it is stored in: choose a smaller amount`,
  SafeCastOverflowedUintToInt: ({ value }) => `${value.toString()} is too large: choose a smaller amount`,
  FailedCall: () => "a call inside the transaction failed without saying why",
  InsufficientBalance: ({ balance, needed }) =>
    `the contract holds ${balance.toString()} wei, but ${needed.toString()} are needed`,
  AddressEmptyCode: ({ target }) => `there is no contract at ${target}`,
  InvalidShortString: () => "a name is too long to be stored in one word",
  StringTooLong: ({ str }) => `the name "${str}" is longer than 31 bytes`,
});
