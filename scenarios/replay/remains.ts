import type { StatusReport } from "../../keeper/serve/status.js";
import type { Party } from "../accounting/parties.js";
import type { LoanPlan } from "../book/plan.js";
import type { Settings, Span } from "../result.js";
import type { Course } from "./course.js";
import type { State } from "./state.js";
import type { World } from "./world.js";

/** What a finished replay leaves behind: a chain on which everybody has settled, and what was seen on the way. */
export interface Remains {
  world: World;
  parties: readonly Party[];
  first: State;
  last: State;
  course: Course;
  /** the keeper's, when it had nothing left to do */
  status: StatusReport;
  book: readonly LoanPlan[];
  settings: Settings;
  /** whole loan assets for one ether */
  etherPrice: number;
  span: Pick<Span, "from" | "to" | "wallSeconds">;
}
