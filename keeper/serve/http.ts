import { type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { statusPage } from "./page.js";
import type { Health } from "./progress.js";
import type { StatusReport } from "./status.js";

export interface Served {
  readonly health: () => Health;
  readonly ready: () => Health;
  readonly status: () => StatusReport;
  readonly registry: Registry;
}

export interface HttpServer {
  readonly url: string;
  close(): Promise<void>;
}

const PLACES = "there are /, /health, /ready, /metrics and /status";

/**
 * / (a page for people), /health and /ready (200 or 503), /metrics (Prometheus) and /status (JSON). Read-only: nothing can be
 * told to a keeper over HTTP, whatever the method.
 */
export async function serve(host: string, port: number, served: Served): Promise<HttpServer> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return json(response, 405, { error: `a keeper takes no orders over HTTP; ${PLACES}` });
    }
    try {
      answer(request.url?.split("?")[0] ?? "/", served, response);
    } catch (error) {
      // A page that cannot be drawn is no reason to stop liquidating.
      json(response, 500, { error: String(error) });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(path: string, { health, ready, status, registry }: Served, response: ServerResponse): void {
  switch (path) {
    case "/":
    case "/status.html":
      return reply(response, 200, "text/html; charset=utf-8", statusPage(status(), new Date()));
    case "/health":
      return verdict(response, health());
    case "/ready":
      return verdict(response, ready());
    case "/status":
      return json(response, 200, status());
    case "/metrics":
      registry.metrics().then(
        (text) => reply(response, 200, registry.contentType, text),
        (error: unknown) => json(response, 500, { error: String(error) }),
      );
      return;
    default:
      return json(response, 404, { error: PLACES });
  }
}

const verdict = (response: ServerResponse, health: Health): void => json(response, health.ok ? 200 : 503, health);
const json = (response: ServerResponse, code: number, value: unknown): void =>
  reply(response, code, "application/json", `${JSON.stringify(value)}\n`);

function reply(response: ServerResponse, code: number, type: string, body: string): void {
  // The page needs nothing from elsewhere, and nobody is to frame it.
  const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
  response
    .writeHead(code, { "content-type": type, "cache-control": "no-store", "content-security-policy": policy })
    .end(body);
}
