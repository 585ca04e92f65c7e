import { ZeroAddress } from "ethers";
import { buildModule } from "@nomicfoundation/ignition-core";
import type { FacilityPlan } from "../plan.js";
import { moduleId } from "./moduleId.js";

/** The price of one facility's collateral in its loan asset. It refuses to exist outside the sanity window. */
export const oracleModule = ({ parameters, oracle }: FacilityPlan) =>
  buildModule(moduleId("Oracle", parameters.name), (m) => {
    const { legs, sequencer, secondSource, reserves, sanity } = oracle;
    const source = secondSource
      ? m.contract("UniswapV3TwapSource", [
          secondSource.pool,
          legs.collateralAsset,
          legs.loanAsset,
          secondSource.window,
        ])
      : ZeroAddress;
    const { limitWad, cap } = secondSource ?? { limitWad: 0n, cap: 0n };
    const config = { legs, sequencer, secondSource: { source, limitWad, cap }, reserves, sanity };
    return { priceOracle: m.contract("PriceOracle", [config]) };
  });
