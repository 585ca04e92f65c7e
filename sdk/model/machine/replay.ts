import { applyEvent } from "./applyEvent.js";
import type { ModelEvent } from "./events.js";
import { type Deployment, World } from "./world.js";

/**
 * All state from the log alone (DESIGN §4.10): every event of the manager and the pools, in order, from their deployment on.
 * With the tokens' events too, balances and supplies are known; allowances never are, since spending one leaves no event.
 *
 * @example
 * const world = replay(deployment, logs.map(toModelEvent).filter((event) => event !== undefined));
 */
export function replay(deployment: Deployment, events: Iterable<ModelEvent>): World {
  const world = new World(deployment);
  for (const event of events) applyEvent(world, event);
  return world;
}
