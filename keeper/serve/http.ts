import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import type { StatusReport } from "./status.js";

export interface Health {
  readonly ok: boolean;
  readonly reason: string;
}

export interface Served {
  readonly health: () => Health;
  readonly status: () => StatusReport;
  readonly registry: Registry;
}

export interface HttpServer {
  readonly url: string;
  close(): Promise<void>;
}

/** /health (200 or 503), /metrics (Prometheus) and /status (JSON). Read-only: nothing can be told to a keeper over HTTP. */
export async function serve(host: string, port: number, served: Served): Promise<HttpServer> {
  const server = createServer((request, response) => {
    const reply = (code: number, type: string, body: string): void => {
      response.writeHead(code, { "content-type": type }).end(body);
    };
    const json = (code: number, value: unknown): void => reply(code, "application/json", `${JSON.stringify(value)}\n`);
    switch (request.url?.split("?")[0]) {
      case "/health": {
        const health = served.health();
        return json(health.ok ? 200 : 503, health);
      }
      case "/status":
        return json(200, served.status());
      case "/metrics":
        served.registry.metrics().then(
          (text) => reply(200, served.registry.contentType, text),
          (error: unknown) => json(500, { error: String(error) }),
        );
        return;
      default:
        return json(404, { error: "there are /health, /metrics and /status" });
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
