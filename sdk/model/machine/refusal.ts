export { Refusal, type RefusalValue, require } from "../refusal.js";
