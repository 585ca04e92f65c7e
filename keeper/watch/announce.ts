import { Node } from "../chain/node.js";
import type { SocketLink } from "../chain/socketLink.js";
import type { BlockStream } from "./blockStream.js";

/** Lets sockets show their heads to the stream as they come; a socket that was away makes it look for what was missed. */
export function announce(links: readonly SocketLink[], stream: BlockStream, onDown: (why: string) => void): void {
  const update = (): void => stream.setPushed(links.some((link) => link.isLive));
  for (const link of links) {
    link.onOpen = update;
    link.onDown = (why) => {
      update();
      onDown(why);
    };
    link.onHead = (header) => {
      try {
        stream.offer(Node.headOf(header));
      } catch {
        // Not a header one can believe: the node is asked for it.
        stream.wake();
      }
    };
  }
  if (links.length > 0) update();
}
