import { expect } from "chai";
import { type ConnectOptions, connect } from "../../../keeper/chain/connect.js";
import { FIELDS } from "../../../keeper/config/fields.js";
import { configSchema } from "../../../keeper/config/schema.js";

const opened = (rpc: string[], wsRpc: string[] = []) => {
  const options: ConnectOptions = {
    ...{ rpc, wsRpc, chainId: 901, timeoutMs: 1_000, maxBatch: 20, observer: {} },
    verify: () => Promise.resolve(),
  };
  return connect(options);
};

describe("keeper: its nodes", () => {
  it("fault K36: are called by their hosts alone: the rest of an address may be a key", () => {
    const { rpc } = opened([
      "https://user:hunter2@a.example/v2/s3cret",
      "https://a.example/?key=s3cret",
      "ws://b.example:8546",
    ]);
    expect(rpc.report().map(({ name }) => name)).to.deep.equal(["a.example", "a.example#2", "b.example:8546"]);
    expect(JSON.stringify(rpc.report())).to.not.match(/hunter2|s3cret/);
  });

  it("announce new blocks where they are sockets, as those do that do nothing else", () => {
    expect(opened(["http://a.example"]).links).to.have.length(0);
    expect(opened(["http://a.example", "wss://b.example"], ["wss://c.example"]).links).to.have.length(2);
  });

  it("are one, or several by commas, of http or of sockets, each once", () => {
    const given = (text: string) => configSchema.parse({ rpc: FIELDS.rpc.reads(text) }).rpc;
    expect(given("http://a.example")).to.deep.equal(["http://a.example"]);
    expect(given("http://a.example, wss://b.example,http://a.example")).to.deep.equal([
      "http://a.example",
      "wss://b.example",
    ]);
    expect(configSchema.parse({ rpc: "http://a.example" }).rpc).to.deep.equal(["http://a.example"]);
    expect(configSchema.parse({}).wsRpc).to.deep.equal([]);
    for (const wrong of [["ftp://a.example"], [""], []]) {
      expect(configSchema.safeParse({ rpc: wrong }).success, String(wrong)).to.equal(false);
    }
    expect(configSchema.safeParse({ wsRpc: "http://a.example" }).success).to.equal(false);
  });
});
