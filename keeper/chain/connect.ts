import { Endpoint, type EndpointOptions } from "./endpoint.js";
import { SOCKET_DEFAULTS, SocketLink } from "./socketLink.js";
import { type RpcObserver, SUPERVISOR_DEFAULTS, SupervisedRpc } from "./supervisedRpc.js";
import type { Rpc } from "./rpc.js";

export interface ConnectOptions {
  /** http(s) or ws(s), in any number. */
  readonly rpc: readonly string[];
  /** ws(s) addresses that only announce heads. */
  readonly wsRpc: readonly string[];
  readonly chainId: number;
  readonly timeoutMs: number;
  readonly maxBatch: number;
  readonly verify: (endpoint: Rpc) => Promise<void>;
  readonly observer: RpcObserver;
}

export interface Connection {
  readonly rpc: SupervisedRpc;
  /** Announce heads once started. */
  readonly links: readonly SocketLink[];
  /** Starts the links and the care for idle endpoints. */
  start(): void;
  stop(): void;
}

/** First rest of an endpoint that fails three times in a row, and its longest. */
const RESTS = { failures: 3, restMs: 500, longestRestMs: 15_000 } as const;

/** The keeper's endpoints, as one. */
export function connect(options: ConnectOptions): Connection {
  const { chainId, timeoutMs, maxBatch, verify, observer } = options;
  const links: SocketLink[] = [];
  const limits: EndpointOptions = { ...RESTS, timeoutMs, maxBatch };
  const linkTo = (url: string): SocketLink => {
    const link = new SocketLink(url, { ...SOCKET_DEFAULTS, chainId });
    links.push(link);
    return link;
  };
  const names = namesOf(options.rpc);
  const endpoints = options.rpc.map((url, at) =>
    Endpoint.at(names[at] ?? url, url.startsWith("ws") ? linkTo(url).transport : url, limits),
  );
  for (const url of options.wsRpc) linkTo(url);
  const rpc = new SupervisedRpc(endpoints, { ...SUPERVISOR_DEFAULTS, verify, observer });
  return {
    rpc,
    links,
    start: () => {
      rpc.start();
      for (const link of links) link.start();
    },
    stop: () => {
      rpc.stop();
      for (const link of links) link.stop();
    },
  };
}

/** Hosts alone: the path or query often is the operator's key. */
function namesOf(urls: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return urls.map((url) => {
    const { host } = new URL(url);
    const times = (seen.get(host) ?? 0) + 1;
    seen.set(host, times);
    return times === 1 ? host : `${host}#${times}`;
  });
}
