import { readFacilities } from "../../../sdk/client/facilityState.js";
import type { Session } from "../session.js";
import { facilitiesText, facilityJson } from "../views.js";

export async function facilities({ client, output }: Session): Promise<void> {
  const all = await readFacilities(client);
  output.data(all.map(facilityJson), () => facilitiesText(all));
}
