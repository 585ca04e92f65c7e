import { AbiCoder } from "ethers";
import type { TermSheet } from "../../../../sdk/model/index.js";
import * as machine from "../../../../sdk/model/machine/index.js";
import type { Address, Callback, Refusal, Transaction } from "../../../../sdk/model/machine/index.js";
import type { Stage } from "./stage.js";

/** One call, as the chain and as the model make it. */
export interface Move {
  readonly label: string;
  readonly target: Address;
  readonly data: string;
  play(tx: Transaction, caller: Address, refused: Refusal[]): void;
}

/** A loan, by its manager and its id: two managers may use the same id. */
export interface LoanKey {
  readonly manager: Address;
  readonly id: bigint;
}

/** A call a puppet makes; one that may fail does not take the rest with it. */
export interface PuppetCall {
  readonly move: Move;
  readonly mayFail: boolean;
}

const CALLS = ["tuple(address target, bytes data, bool mayFail)[]"];

export function encodeCalls(calls: readonly PuppetCall[]): string {
  const tuples = calls.map(({ move, mayFail }) => [move.target, move.data, mayFail]);
  return AbiCoder.defaultAbiCoder().encode(CALLS, [tuples]);
}

/** What a puppet does with the calls; survived refusals are noted as its Refused events would be. */
export function playCalls(tx: Transaction, puppet: Address, calls: readonly PuppetCall[], refused: Refusal[]): void {
  for (const { move, mayFail } of calls) {
    if (!mayFail) {
      move.play(tx, puppet, refused);
      continue;
    }
    const noted = refused.length;
    const outcome = tx.attempt((inner) => {
      move.play(inner, puppet, refused);
    });
    if (outcome.ok) continue;
    refused.length = noted;
    refused.push(outcome.refusal);
  }
}

/** A key holder telling a puppet to act. */
export function runPuppet(stage: Stage, puppet: Address, calls: readonly PuppetCall[]): Move {
  const contract = stage.contracts.get(puppet);
  if (contract === undefined) throw new Error(`no puppet at ${puppet}`);
  const tuples = calls.map(({ move, mayFail }) => ({ target: move.target, data: move.data, mayFail }));
  return {
    label: `puppet [${calls.map(({ move, mayFail }) => move.label + (mayFail ? "?" : "")).join(", ")}]`,
    target: puppet,
    data: contract.interface.encodeFunctionData("run", [tuples]),
    play: (tx, _caller, refused) => {
      playCalls(tx, puppet, calls, refused);
    },
  };
}

/** Builds moves on one stage. Those that call back take the puppet's calls; only a puppet may pass any. */
export function movesOf(stage: Stage) {
  const encode = (target: Address, method: string, args: readonly unknown[]): { target: Address; data: string } => {
    const contract = stage.contracts.get(target);
    if (contract === undefined) throw new Error(`no contract at ${target}`);
    return { target, data: contract.interface.encodeFunctionData(method, args) };
  };
  const { manager: revolving } = stage.deployment;
  const dataOf = (calls: readonly PuppetCall[] | undefined): string =>
    calls === undefined ? "0x" : encodeCalls(calls);
  const callbackOf = (
    caller: Address,
    calls: readonly PuppetCall[] | undefined,
    refused: Refusal[],
  ): { callback?: Callback } =>
    calls === undefined
      ? {}
      : {
          callback: (tx) => {
            playCalls(tx, caller, calls, refused);
          },
        };
  const label = (name: string, ...values: readonly unknown[]): string => `${name}(${values.map(String).join(", ")})`;

  return {
    open(args: Omit<machine.OpenArguments, "callback">, calls?: readonly PuppetCall[]): Move {
      const { facility, salt, collateral, principal, receiver } = args;
      return {
        label: label("open", facility, salt, collateral, principal) + (calls ? " with callback" : ""),
        ...encode(revolving, "open", [facility, salt, collateral, principal, receiver, dataOf(calls)]),
        play: (tx, caller, refused) => {
          machine.open(tx, caller, { ...args, ...callbackOf(caller, calls, refused) });
        },
      };
    },

    draw(id: bigint, assets: bigint, receiver: Address): Move {
      return {
        label: label("draw", id, assets),
        ...encode(revolving, "draw", [id, assets, receiver]),
        play: (tx, caller) => {
          machine.draw(tx, caller, { id, assets, receiver });
        },
      };
    },

    repay({ manager, id }: LoanKey, assets: bigint, calls?: readonly PuppetCall[]): Move {
      return {
        label: label("repay", id, assets) + (calls ? " with callback" : ""),
        ...encode(manager, "repay", [id, assets, dataOf(calls)]),
        play: (tx, caller, refused) => {
          machine.repay(tx, caller, { manager, id, assets, ...callbackOf(caller, calls, refused) });
        },
      };
    },

    topUp({ manager, id }: LoanKey, collateral: bigint, calls?: readonly PuppetCall[]): Move {
      return {
        label: label("topUp", id, collateral) + (calls ? " with callback" : ""),
        ...encode(manager, "topUp", [id, collateral, dataOf(calls)]),
        play: (tx, caller, refused) => {
          machine.topUp(tx, caller, { manager, id, collateral, ...callbackOf(caller, calls, refused) });
        },
      };
    },

    withdraw({ manager, id }: LoanKey, collateral: bigint, receiver: Address): Move {
      return {
        label: label("withdraw", id, collateral),
        ...encode(manager, "withdraw", [id, collateral, receiver]),
        play: (tx, caller) => {
          machine.withdraw(tx, caller, { manager, id, collateral, receiver });
        },
      };
    },

    close({ manager, id }: LoanKey, receiver: Address, calls?: readonly PuppetCall[]): Move {
      return {
        label: label("close", id) + (calls ? " with callback" : ""),
        ...encode(manager, "close", [id, receiver, dataOf(calls)]),
        play: (tx, caller, refused) => {
          machine.close(tx, caller, { manager, id, receiver, ...callbackOf(caller, calls, refused) });
        },
      };
    },

    transferLoan({ manager, id }: LoanKey, newOwner: Address): Move {
      return {
        label: label("transferLoan", id, newOwner),
        ...encode(manager, "transferLoan", [id, newOwner]),
        play: (tx, caller) => {
          machine.transferLoan(tx, caller, { manager, id, newOwner });
        },
      };
    },

    acceptLoan({ manager, id }: LoanKey, maxDebt: bigint, minCollateral: bigint): Move {
      return {
        label: label("acceptLoan", id, maxDebt, minCollateral),
        ...encode(manager, "acceptLoan", [id, maxDebt, minCollateral]),
        play: (tx, caller) => {
          machine.acceptLoan(tx, caller, { manager, id, maxDebt, minCollateral });
        },
      };
    },

    setAuthorisation(
      manager: Address,
      facility: bigint,
      operator: Address,
      authorisation: machine.Authorisation,
    ): Move {
      return {
        label: label("setAuthorisation", facility, operator, authorisation.actions),
        ...encode(manager, "setAuthorisation", [facility, operator, authorisation]),
        play: (tx, caller) => {
          machine.setAuthorisation(tx, caller, { manager, facility, operator, authorisation });
        },
      };
    },

    setAuthorisationWithSig(signed: machine.SignedAuthorisation, signature: string): Move {
      const { manager, owner, facility, operator, authorisation, deadline } = signed;
      return {
        label: label("setAuthorisationWithSig", owner, facility, operator),
        ...encode(manager, "setAuthorisationWithSig", [owner, facility, operator, authorisation, deadline, signature]),
        play: (tx) => {
          machine.setAuthorisationWithSig(tx, signed);
        },
      };
    },

    useNonce(manager: Address): Move {
      return {
        label: "useNonce()",
        ...encode(manager, "useNonce", []),
        play: (tx, caller) => {
          machine.useNonce(tx, caller, manager);
        },
      };
    },

    liquidate({ manager, id }: LoanKey, maxRepaid: bigint, minPerUnitE36: bigint, calls?: readonly PuppetCall[]): Move {
      const args = { manager, id, maxRepaid, minCollateralPerUnitE36: minPerUnitE36 };
      return {
        label: label("liquidate", id, maxRepaid, minPerUnitE36) + (calls ? " with callback" : ""),
        ...encode(manager, "liquidate", [id, maxRepaid, minPerUnitE36, dataOf(calls)]),
        play: (tx, caller, refused) => {
          machine.liquidate(tx, caller, { ...args, ...callbackOf(caller, calls, refused) });
        },
      };
    },

    openTerm(args: Omit<machine.OpenTermArguments, "callback">, calls?: readonly PuppetCall[]): Move {
      const { manager, facility, salt, sheet, collateral, principal } = args;
      return {
        label: label("openTerm", facility, salt, sheet, collateral, principal) + (calls ? " with callback" : ""),
        ...encode(manager, "open", [args, dataOf(calls)]),
        play: (tx, caller, refused) => {
          machine.openTerm(tx, caller, { ...args, ...callbackOf(caller, calls, refused) });
        },
      };
    },

    rollOver(args: machine.RollOverArguments): Move {
      const { manager, id, sheet, maxAnnualRate, deadline, agreement } = args;
      return {
        label: label("rollOver", id, sheet),
        ...encode(manager, "rollOver", [id, sheet, maxAnnualRate, deadline, agreement]),
        play: (tx, caller) => {
          machine.rollOver(tx, caller, args);
        },
      };
    },

    markDefault({ manager, id }: LoanKey): Move {
      return {
        label: label("markDefault", id),
        ...encode(manager, "markDefault", [id]),
        play: (tx, caller) => {
          machine.markDefault(tx, caller, { manager, id });
        },
      };
    },

    mark({ manager, id }: LoanKey): Move {
      return {
        label: label("mark", id),
        ...encode(manager, "mark", [id]),
        play: (tx, caller) => {
          machine.mark(tx, caller, { manager, id });
        },
      };
    },

    addTermSheet(pool: Address, terms: TermSheet): Move {
      return {
        label: label("addTermSheet", terms.intervalSeconds, terms.count),
        ...encode(pool, "addTermSheet", [terms]),
        play: (tx, caller) => {
          machine.addTermSheet(tx, caller, { pool, terms });
        },
      };
    },

    retireTermSheet(pool: Address, sheet: bigint): Move {
      return {
        label: label("retireTermSheet", sheet),
        ...encode(pool, "retireTermSheet", [sheet]),
        play: (tx, caller) => {
          machine.retireTermSheet(tx, caller, { pool, sheet });
        },
      };
    },

    deposit(tranche: Address, assets: bigint, receiver: Address): Move {
      return {
        label: label("deposit", assets),
        ...encode(tranche, "deposit", [assets, receiver]),
        play: (tx, caller) => {
          machine.deposit(tx, caller, { tranche, assets, receiver });
        },
      };
    },

    mint(tranche: Address, shares: bigint, receiver: Address): Move {
      return {
        label: label("mint", shares),
        ...encode(tranche, "mint", [shares, receiver]),
        play: (tx, caller) => {
          machine.mint(tx, caller, { tranche, shares, receiver });
        },
      };
    },

    withdrawAssets(tranche: Address, assets: bigint, receiver: Address, owner: Address): Move {
      return {
        label: label("withdrawAssets", assets),
        ...encode(tranche, "withdraw", [assets, receiver, owner]),
        play: (tx, caller) => {
          machine.withdrawAssets(tx, caller, { tranche, assets, receiver, owner });
        },
      };
    },

    redeem(tranche: Address, shares: bigint, receiver: Address, owner: Address): Move {
      return {
        label: label("redeem", shares),
        ...encode(tranche, "redeem", [shares, receiver, owner]),
        play: (tx, caller) => {
          machine.redeem(tx, caller, { tranche, shares, receiver, owner });
        },
      };
    },

    requestExit(tranche: Address, shares: bigint): Move {
      return {
        label: label("requestExit", tranche, shares),
        ...encode(tranche, "requestExit", [shares]),
        play: (tx, caller) => {
          machine.requestExit(tx, caller, { tranche, shares });
        },
      };
    },

    setOperator(queue: Address, operator: Address, approved: boolean): Move {
      return {
        label: label("setOperator", operator, approved),
        ...encode(queue, "setOperator", [operator, approved]),
        play: (tx, caller) => {
          machine.setOperator(tx, caller, { queue, operator, approved });
        },
      };
    },

    requestRedeem(queue: Address, shares: bigint, controller: Address, owner: Address): Move {
      return {
        label: label("requestRedeem", shares, controller, owner),
        ...encode(queue, "requestRedeem", [shares, controller, owner]),
        play: (tx, caller) => {
          machine.requestRedeem(tx, caller, { queue, shares, controller, owner });
        },
      };
    },

    serve(queue: Address, maxShares: bigint): Move {
      return {
        label: label("serve", maxShares),
        ...encode(queue, "serve", [maxShares]),
        play: (tx) => {
          machine.serve(tx, { queue, maxShares });
        },
      };
    },

    redeemFromQueue(queue: Address, shares: bigint, receiver: Address, controller: Address): Move {
      return {
        label: label("redeemFromQueue", shares, controller),
        ...encode(queue, "redeem", [shares, receiver, controller]),
        play: (tx, caller) => {
          machine.redeemFromQueue(tx, caller, { queue, shares, receiver, controller });
        },
      };
    },

    withdrawFromQueue(queue: Address, assets: bigint, receiver: Address, controller: Address): Move {
      return {
        label: label("withdrawFromQueue", assets, controller),
        ...encode(queue, "withdraw", [assets, receiver, controller]),
        play: (tx, caller) => {
          machine.withdrawFromQueue(tx, caller, { queue, assets, receiver, controller });
        },
      };
    },

    claim(queue: Address, requestId: bigint, receiver: Address): Move {
      return {
        label: label("claim", requestId),
        ...encode(queue, "claim", [requestId, receiver]),
        play: (tx, caller) => {
          machine.claim(tx, caller, { queue, requestId, receiver });
        },
      };
    },

    depositThroughQueue(queue: Address, assets: bigint, receiver: Address): Move {
      return {
        label: label("depositThroughQueue", assets),
        ...encode(queue, "deposit", [assets, receiver]),
        play: (tx, caller) => {
          machine.depositThroughQueue(tx, caller, { queue, assets, receiver });
        },
      };
    },

    mintThroughQueue(queue: Address, shares: bigint, receiver: Address): Move {
      return {
        label: label("mintThroughQueue", shares),
        ...encode(queue, "mint", [shares, receiver]),
        play: (tx, caller) => {
          machine.mintThroughQueue(tx, caller, { queue, shares, receiver });
        },
      };
    },

    accrue(pool: Address): Move {
      return {
        label: label("accrue", pool),
        ...encode(pool, "accrue", []),
        play: (tx) => {
          machine.accruePool(tx, pool);
        },
      };
    },

    transfer(token: Address, to: Address, amount: bigint): Move {
      return {
        label: label("transfer", token, to, amount),
        ...encode(token, "transfer", [to, amount]),
        play: (tx, caller) => {
          machine.transfer(tx, token, caller, to, amount);
        },
      };
    },

    approve(token: Address, spender: Address, amount: bigint): Move {
      return {
        label: label("approve", token, spender, amount),
        ...encode(token, "approve", [spender, amount]),
        play: (tx, caller) => {
          machine.approve(tx, token, caller, spender, amount);
        },
      };
    },

    /** `valid` says whether the token will take the permit; the manager passes over one it does not. */
    permit(
      manager: Address,
      args: { token: Address; spender: Address; value: bigint; deadline: bigint; valid: boolean },
      signature: { v: number; r: string; s: string },
    ): Move {
      const { token, spender, value, deadline, valid } = args;
      return {
        label: label("permit", token, value, valid),
        ...encode(manager, "permit", [token, spender, value, deadline, signature.v, signature.r, signature.s]),
        play: (tx, caller) => {
          machine.permit(tx, caller, { token, spender, value, valid });
        },
      };
    },

    /** Several calls of a manager by one caller, all or none. */
    multicall(manager: Address, moves: readonly Move[]): Move {
      return {
        label: `multicall [${moves.map((move) => move.label).join(", ")}]`,
        ...encode(manager, "multicall", [moves.map((move) => move.data)]),
        play: (tx, caller, refused) => {
          for (const move of moves) move.play(tx, caller, refused);
        },
      };
    },

    govern(
      manager: Address,
      method:
        | "stopNewLoans"
        | "resumeNewLoans"
        | "lowerCaps"
        | "setCaps"
        | "lowerMaxLtv"
        | "setMaxLtv"
        | "setGate"
        | "setOracle",
      args: readonly unknown[],
      play: (tx: Transaction, caller: Address) => void,
    ): Move {
      return { label: label(method, ...args), ...encode(manager, method, args), play };
    },

    setReserveFee(pool: Address, reserveFeeBps: bigint): Move {
      return {
        label: label("setReserveFee", reserveFeeBps),
        ...encode(pool, "setReserveFee", [reserveFeeBps]),
        play: (tx, caller) => {
          machine.setReserveFee(tx, caller, { pool, reserveFeeBps });
        },
      };
    },

    collectReserve(pool: Address, receiver: Address, assets: bigint): Move {
      return {
        label: label("collectReserve", assets),
        ...encode(pool, "collectReserve", [receiver, assets]),
        play: (tx, caller) => {
          machine.collectReserve(tx, caller, { pool, receiver, assets });
        },
      };
    },
  };
}
