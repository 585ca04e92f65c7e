import { expect } from "chai";
import { Node } from "../../../keeper/chain/node.js";
import { JsonRpc, type Transport } from "../../../keeper/chain/rpc.js";
import { RpcError, TransportError } from "../../../keeper/chain/rpcErrors.js";

const answering =
  (body: string, status = 200): Transport =>
  () =>
    Promise.resolve({ status, body });

async function thrownBy(step: () => Promise<unknown>): Promise<unknown> {
  return step().then(
    () => expect.fail("it did not throw"),
    (error: unknown) => error,
  );
}

describe("keeper: what a node answers", () => {
  for (const [what, transport] of [
    ["a page", answering("<html>502 Bad Gateway</html>", 502)],
    ["too many requests", answering("slow down", 429)],
    ["nothing", answering("")],
    ["JSON that is no answer", answering('{"jsonrpc":"2.0"}')],
    ["the answer to another request", answering('{"jsonrpc":"2.0","id":99,"result":"0x1"}')],
    ["a refused connection", () => Promise.reject(new Error("ECONNREFUSED"))],
  ] as const satisfies readonly (readonly [string, Transport])[]) {
    it(`fault K3: ${what} says nothing about the chain, and is counted`, async () => {
      const rpc = new JsonRpc(transport, 1_000);
      const faults: TransportError[] = [];
      rpc.onFault = (fault) => faults.push(fault);
      const error = await thrownBy(() => rpc.request("eth_blockNumber", []));
      expect(error).to.be.instanceOf(TransportError);
      expect(faults).to.deep.equal([error]);
    });
  }

  it("fault K3: an error with status 200 is a refusal, with its reason and the bytes of a revert", async () => {
    const body = '{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted","data":"0xdeadbeef"}}';
    const error = await thrownBy(() => new JsonRpc(answering(body), 1_000).request("eth_call", []));
    expect(error).to.be.instanceOf(RpcError).and.to.include({ code: 3, data: "0xdeadbeef", isRevert: true });
  });

  it("fault K3: a revert is told from a refusal, whatever the words", () => {
    const refusal = (code: number, reason: string) => new RpcError("eth_call", code, reason, undefined);
    expect(refusal(-32000, "execution reverted: Too little received").isRevert).to.equal(true);
    expect(
      refusal(-32000, "VM Exception while processing transaction: reverted with an unrecognized error").isRevert,
    ).to.equal(true);
    expect(refusal(-32000, "header not found").isRevert).to.equal(false);
  });

  it("fault K4: a request that never returns is given up", async () => {
    const never: Transport = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    // AbortSignal's timer alone does not keep a process alive.
    const alive = setTimeout(() => undefined, 10_000);
    const error = await thrownBy(() => new JsonRpc(never, 50).request("eth_blockNumber", []));
    clearTimeout(alive);
    expect(error).to.be.instanceOf(TransportError);
    expect(String(error)).to.contain("none within 50 ms");
  });

  it("fault K3: an answer of another shape is not believed", async () => {
    const head = '{"jsonrpc":"2.0","id":1,"result":{"number":"0x10","hash":"0x1","timestamp":"soon"}}';
    const node = new Node(new JsonRpc(answering(head), 1_000));
    expect(await thrownBy(() => node.head())).to.be.instanceOf(TransportError);
    const none = new Node(new JsonRpc(answering('{"jsonrpc":"2.0","id":1,"result":null}'), 1_000));
    expect(await none.head(7)).to.equal(undefined);
  });
});
