import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { WebSocketPeer } from "./webSocketServer.js";

/** What goes back for one body: an answer, a connection cut without one, or nothing ever. */
export type Reply =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | "cut"
  | "hang";

/** @param peer the WebSocket a body came by; undefined for HTTP */
export type Respond = (body: string, peer: WebSocketPeer | undefined) => Promise<Reply>;

/** A loopback server for JSON-RPC bodies by HTTP and, at the same port, by WebSocket. */
export class RpcServer {
  readonly peers = new Set<WebSocketPeer>();
  onPeerClosed: (peer: WebSocketPeer) => void = () => undefined;
  /** While true every connection is cut as it is made. */
  isDown = false;

  private constructor(
    private readonly server: Server,
    private readonly respond: Respond,
  ) {
    server.on("connection", (socket) => {
      if (this.isDown) socket.destroy();
    });
    server.on("request", (request, response) => void this.serve(request, response));
    server.on("upgrade", (request, socket, rest) => {
      const peer = WebSocketPeer.accept(request, socket, rest);
      this.peers.add(peer);
      peer.onClose = () => {
        this.peers.delete(peer);
        this.onPeerClosed(peer);
      };
      peer.onText = (body) => void this.serveText(body, peer);
    });
  }

  static async start(respond: Respond): Promise<RpcServer> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    const started = new RpcServer(server, respond);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return started;
  }

  private get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  get wsUrl(): string {
    return `ws://${this.host}`;
  }

  /** Cuts every connection there is. */
  cutAll(): void {
    for (const peer of this.peers) peer.kill();
    this.server.closeAllConnections();
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.cutAll();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const reply = await this.respond(await text(request), undefined);
      if (reply === "cut") request.socket.destroy();
      else if (reply !== "hang") {
        response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers }).end(reply.body);
      }
    } catch {
      request.socket.destroy();
    }
  }

  private async serveText(body: string, peer: WebSocketPeer): Promise<void> {
    try {
      const reply = await this.respond(body, peer);
      if (reply === "cut") peer.kill();
      else if (reply !== "hang") peer.send(reply.body);
    } catch {
      peer.kill();
    }
  }
}
