import { Transaction } from "ethers";
import type { FaultProxy, RpcRequest } from "../../ts/keeper/support/faultProxy.js";

/** Hears of every request that comes, before anything befalls it. @returns stops listening */
export function onRequest(proxy: FaultProxy, hear: (request: RpcRequest) => void): () => void {
  const injection = proxy.inject(
    { kind: "delay", ms: 0 },
    {
      where: (request) => {
        hear(request);
        return false;
      },
    },
  );
  return () => injection.remove();
}

/** A transaction as a bot handed it over. */
export interface SentTransaction {
  readonly hash: string;
  readonly nonce: number;
  readonly to: string | null;
  readonly data: string;
  /** performance.now() */
  readonly at: number;
}

/** Hears of every transaction when it is sent, whether or not it will arrive. */
export function onSend(proxy: FaultProxy, hear: (sent: SentTransaction) => void): () => void {
  return onRequest(proxy, ({ method, params = [] }) => {
    if (method !== "eth_sendRawTransaction") return;
    const { hash, nonce, to, data } = Transaction.from(String(params[0]));
    hear({ hash: hash ?? "", nonce, to, data, at: performance.now() });
  });
}
