import { loanManagerAbi, protectionOrdersAbi, termLoanManagerAbi } from "../../sdk/client/abi/index.js";
import { type AbiNamed, interfaceOf, plainObject } from "../../sdk/client/typedContract.js";
import type { Log } from "../chain/node.js";
import { WAD } from "../../sdk/model/index.js";
import type { BookEvent, BookFacility } from "./loanBook.js";

const BPS = WAD / 10_000n;
type Named<N extends string> = AbiNamed<typeof loanManagerAbi, "event", N>;
type TermNamed<N extends string> = AbiNamed<typeof termLoanManagerAbi, "event", N>;

type OrderNamed<N extends string> = AbiNamed<typeof protectionOrdersAbi, "event", N>;

/** Of both managers and the orders; what the managers share they say in the same way. */
const ABIS = [interfaceOf(loanManagerAbi), interfaceOf(termLoanManagerAbi), interfaceOf(protectionOrdersAbi)];
const TAKE_PROFIT = 1n;

/** @returns undefined for an event that changes neither a loan's size nor how it is judged */
export function decodeLog(log: Log): BookEvent | undefined {
  const parsed = ABIS.map((abi) => abi.parseLog(log)).find((found) => found !== null);
  if (parsed === undefined) return undefined;
  const args = plainObject(parsed.fragment.inputs, parsed.args);
  switch (parsed.name) {
    case "FacilityCreated":
      return { name: "FacilityCreated", facility: facilityOf(args as Named<"FacilityCreated">) };
    case "OracleSet": {
      const { facility, oracle } = args as Named<"OracleSet">;
      return { name: "OracleSet", facility: Number(facility), oracle };
    }
    case "Opened": {
      const { id, facility, collateral, shares } = args as Named<"Opened">;
      return { name: "Opened", id, facility: Number(facility), collateral, shares };
    }
    case "TermLoanOpened": {
      const { id, facility, collateral, principal } = args as TermNamed<"TermLoanOpened">;
      return { name: "Opened", id, facility: Number(facility), collateral, shares: principal };
    }
    case "RolledOver":
      return { name: "RolledOver", ...(args as TermNamed<"RolledOver">) };
    case "Drawn":
      return { name: "Drawn", ...(args as Named<"Drawn">) };
    case "Repaid":
      return { name: "Repaid", ...(args as Named<"Repaid">) };
    case "ToppedUp":
      return { name: "ToppedUp", ...(args as Named<"ToppedUp">) };
    case "Withdrawn":
      return { name: "Withdrawn", ...(args as Named<"Withdrawn">) };
    case "Closed":
      return { name: "Closed", ...(args as Named<"Closed">) };
    case "Liquidated":
      return { name: "Liquidated", ...(args as Named<"Liquidated">) };
    case "OrderPlaced": {
      const { id, owner, kind } = args as OrderNamed<"OrderPlaced">;
      return { name: "OrderPlaced", id, owner, kind };
    }
    case "OrderCancelled":
      return { name: "OrderGone", ...(args as OrderNamed<"OrderCancelled">) };
    case "OrderExecuted": {
      const { id, owner, kind } = args as OrderNamed<"OrderExecuted">;
      return kind === TAKE_PROFIT ? { name: "OrderGone", id, owner, kind } : undefined;
    }
    default:
      return undefined;
  }
}

function facilityOf({ facility, params }: Named<"FacilityCreated">): BookFacility {
  return {
    id: Number(facility),
    pool: params.pool,
    vault: params.vault,
    oracle: params.oracle,
    terms: {
      lltvWad: params.lltvBps * BPS,
      targetLtvWad: params.targetLtvBps * BPS,
      incentiveMinWad: params.incentiveMinBps * BPS,
      incentiveMaxWad: params.incentiveMaxBps * BPS,
      healthForMaxIncentiveWad: params.healthForMaxBps * BPS,
      minDebt: params.minDebt,
    },
    rampSeconds: params.rampSeconds,
  };
}
