import type { FacilityState } from "../../sdk/client/facilityState.js";
import { readFacilities } from "../../sdk/client/facilityState.js";
import { ScenarioError } from "../errors.js";
import type { World } from "../replay/world.js";

/** The two facilities of the year, as deployed. */
export interface Facilities {
  revolving: FacilityState;
  term: FacilityState;
}

/** @throws ScenarioError when the deployment lacks one of them */
export async function facilitiesOf({ client }: World): Promise<Facilities> {
  const all = await readFacilities(client);
  const [revolving, term] = (["revolving", "term"] as const).map((kind) => all.find((one) => one.kind === kind));
  if (revolving && term) return { revolving, term };
  throw new ScenarioError("The year needs a revolving and a term facility; deploy/parameters/local.json5 has both.");
}

export const both = ({ revolving, term }: Facilities): FacilityState[] => [revolving, term];
