import type { Part, Say } from "../part.js";
export function modelPart(_say: Say): Promise<Part> {
  throw new Error("later");
}
