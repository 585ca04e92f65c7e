import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

const OP = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * The server's end of one WebSocket (RFC 6455): text messages, pings and closing; no extensions. It can also fall silent the
 * way sockets behind a dead middlebox do: open, and nothing in either direction.
 *
 * @example
 * server.on("upgrade", (request, socket, rest) => {
 *   const peer = WebSocketPeer.accept(request, socket, rest);
 *   peer.onText = (text) => peer.send(text);
 * });
 */
export class WebSocketPeer {
  onText: (text: string) => void = () => undefined;
  onClose: () => void = () => undefined;
  /** While true nothing is read, answered or sent, and the connection stays open. */
  silent = false;
  private received = Buffer.alloc(0);
  private fragments: Buffer[] = [];

  private constructor(private readonly socket: Duplex) {
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      while (this.readFrame());
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.onClose());
  }

  static accept(request: IncomingMessage, socket: Duplex, rest: Buffer): WebSocketPeer {
    const key = request.headers["sec-websocket-key"] ?? "";
    const accept = createHash("sha1")
      .update(key + GUID)
      .digest("base64");
    const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
    socket.write(`${lines.join("\r\n")}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    const peer = new WebSocketPeer(socket);
    if (rest.length > 0) socket.unshift(rest);
    return peer;
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  send(text: string): void {
    this.write(OP.text, Buffer.from(text));
  }

  /** Ends the connection at once, without the closing handshake. */
  kill(): void {
    this.socket.destroy();
  }

  private write(opcode: number, payload: Buffer): void {
    if (this.silent || this.socket.destroyed) return;
    const { length } = payload;
    const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const header = Buffer.alloc(2 + extended);
    header[0] = 0x80 | opcode;
    header[1] = extended === 0 ? length : extended === 2 ? 126 : 127;
    if (extended === 2) header.writeUInt16BE(length, 2);
    if (extended === 8) header.writeBigUInt64BE(BigInt(length), 2);
    this.socket.write(Buffer.concat([header, payload]));
  }

  /** @returns whether a whole frame was there */
  private readFrame(): boolean {
    const { received } = this;
    if (received.length < 2) return false;
    const [first = 0, second = 0] = received;
    let length = second & 0x7f;
    let at = 2;
    if (length >= 126) {
      const wide = length === 127;
      at += wide ? 8 : 2;
      if (received.length < at) return false;
      length = wide ? Number(received.readBigUInt64BE(2)) : received.readUInt16BE(2);
    }
    const mask = (second & 0x80) === 0 ? Buffer.alloc(4) : received.subarray(at, at + 4);
    if ((second & 0x80) !== 0) at += 4;
    if (received.length < at + length) return false;
    const payload = Buffer.from(received.subarray(at, at + length));
    for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i % 4] ?? 0);
    this.received = received.subarray(at + length);
    this.take(first & 0x0f, (first & 0x80) !== 0, payload);
    return true;
  }

  private take(opcode: number, isLast: boolean, payload: Buffer): void {
    if (this.silent) return;
    if (opcode === OP.ping) return this.write(OP.pong, payload);
    if (opcode === OP.close) {
      this.write(OP.close, payload);
      this.socket.end();
      return;
    }
    if (opcode !== OP.text && opcode !== OP.continuation) return;
    this.fragments.push(payload);
    if (!isLast) return;
    const text = Buffer.concat(this.fragments).toString();
    this.fragments = [];
    this.onText(text);
  }
}
