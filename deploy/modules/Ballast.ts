import { type IgnitionModuleResult, buildModule } from "@nomicfoundation/ignition-core";
import type { Plan } from "../plan.js";
import type { Role } from "../roles.js";
import { capitalModule } from "./Capital.js";
import core from "./Core.js";
import { type FacilityModule, facilityModule } from "./Facility.js";
import { governanceModule } from "./Governance.js";
import { liquidatorModule, protectionOrdersModule, repayWithCollateralModule } from "./Periphery.js";
import { type VaultModule, vaultModule } from "./Vault.js";

/** Keys of the top module's results, so that an address is found by what it is. */
export const resultOf = {
  pool: (facility: string) => `pool-${facility}`,
  tranche: (facility: string) => `tranche-${facility}`,
  queue: (facility: string) => `queue-${facility}`,
  junior: (facility: string) => `junior-${facility}`,
  cover: (facility: string) => `cover-${facility}`,
  vault: (facility: string) => `vault-${facility}`,
  oracle: (facility: string) => `oracle-${facility}`,
};

/** Everything: core, vaults, facilities, periphery, and the handover at the end. */
export const ballastModule = ({ parameters, facilities }: Plan, roles: readonly Role[]) => {
  const vaults = new Map<string, VaultModule>();
  const made: FacilityModule[] = [];
  const capital = parameters.capital && capitalModule(parameters.capital);
  for (const facility of facilities) {
    const { kind, collateralAsset } = facility.parameters;
    const key = `${kind} ${collateralAsset}`;
    const vault = vaults.get(key) ?? vaultModule(facility.parameters);
    vaults.set(key, vault);
    made.push(facilityModule(facility, vault, capital, made.at(-1)));
  }
  const governance = governanceModule(
    parameters,
    roles,
    made.map((module, index) => ({ module, isTerm: facilities[index]?.parameters.kind === "term" })),
    capital,
  );
  return buildModule("Ballast", (m): IgnitionModuleResult<string> => {
    const results: IgnitionModuleResult<string> = {
      ...m.useModule(core),
      ...m.useModule(governance),
      ...(capital && m.useModule(capital)),
      ...m.useModule(repayWithCollateralModule(parameters)),
      ...m.useModule(protectionOrdersModule(parameters)),
      ...(parameters.liquidator && m.useModule(liquidatorModule(parameters, parameters.liquidator.owner))),
    };
    for (const [index, module] of made.entries()) {
      const name = facilities[index]?.parameters.name ?? "";
      const { pool, tranche, queue, vault, priceOracle, junior, cover } = m.useModule(module);
      results[resultOf.pool(name)] = pool;
      results[resultOf.tranche(name)] = tranche;
      results[resultOf.queue(name)] = queue;
      if (junior) results[resultOf.junior(name)] = junior;
      if (cover) results[resultOf.cover(name)] = cover;
      results[resultOf.vault(name)] = vault;
      results[resultOf.oracle(name)] = priceOracle;
    }
    return results;
  });
};
