import { buildModule } from "@nomicfoundation/ignition-core";
import { encodeBytes32String } from "ethers";
import type { Parameters } from "../parameters.js";
import core from "./Core.js";

/** Risk weights in force from the start. */
export const capitalModule = ({ classes, haircutBps }: NonNullable<Parameters["capital"]>) =>
  buildModule("Capital", (m) => {
    const { accessManager } = m.useModule(core);
    const weights = classes.map(({ name, weightBps }) => ({ name: encodeBytes32String(name), weightBps }));
    return { capital: m.contract("Capital", [accessManager, weights, haircutBps]) };
  });

export type CapitalModule = ReturnType<typeof capitalModule>;
