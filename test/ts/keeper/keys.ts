import { inspect } from "node:util";
import { expect } from "chai";
import { Wallet, encryptKeystoreJson, getBytes, id } from "ethers";
import { pino } from "pino";
import { loadConfig } from "../../../keeper/config/load.js";
import { InvalidConfig } from "../../../keeper/errors.js";
import { LocalSigner } from "../../../keeper/keys/localSigner.js";
import { openSigners } from "../../../keeper/keys/open.js";
import { Secret } from "../../../keeper/keys/secret.js";
import { SignerFailed } from "../../../keeper/keys/signer.js";
import { dispatching } from "./support/dispatching.js";
import { FolderOfTests } from "./support/folder.js";

const KEY = `0x${"5a".repeat(31)}01`;
const OTHER = `0x${"5b".repeat(31)}01`;
const PASSWORD = "canary password";
const address = new Wallet(KEY).address;

const json = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one)) ?? "";

/** Everything one could see of something: inspected to the bottom, as JSON, as text, with its stack. */
function seen(value: unknown): string {
  const log: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line) => void log.push(line) });
  logger.error({ value: json(value), err: value }, String(value));
  const stack = value instanceof Error ? (value.stack ?? "") : "";
  return [inspect(value, { depth: 30, showHidden: true }), json(value), String(value), stack, ...log].join();
}

function expectNoSecret(value: unknown): void {
  const text = seen(value).toLowerCase();
  for (const secret of [KEY.slice(2), OTHER.slice(2), PASSWORD, "5a".repeat(16), "90, 90, 90, 90"]) {
    expect(text).to.not.contain(secret);
  }
}

describe("keeper: the operator's keys", () => {
  const folder = new FolderOfTests();
  const file = folder.file.bind(folder);
  const keystore = async (name: string, privateKey: string, password = PASSWORD): Promise<string> => {
    const account = { address: new Wallet(privateKey).address, privateKey };
    return file(name, await encryptKeystoreJson(account, password, { scrypt: { N: 2, r: 1, p: 1 } }));
  };

  it("come from a variable, which is gone afterwards, from a file, or from a keystore with a password", async () => {
    const environment: NodeJS.ProcessEnv = { BALLAST_KEEPER_KEY: KEY, BALLAST_KEEPER_PASSWORD: PASSWORD };
    const [signer] = await openSigners({ keys: [] }, environment);
    expect(signer.address).to.equal(address);
    expect(environment).to.deep.equal({});
    const digest = id("digest");
    expect((await signer.signDigest(digest)).serialized).to.equal(new Wallet(KEY).signingKey.sign(digest).serialized);

    const keyFile = file("key", `${KEY.slice(2)}\n`);
    expect((await openSigners(loadConfig({ keyFile }, {}), {}))[0].address).to.equal(address);

    const store = await keystore("store.json", KEY);
    const passwordFile = file("password", `${PASSWORD}\n`);
    expect((await openSigners({ keys: [], keystore: store, passwordFile }, {}))[0].address).to.equal(address);
    const byVariable = { BALLAST_KEEPER_PASSWORD: PASSWORD };
    expect((await openSigners({ keys: [], keystore: store }, byVariable))[0].address).to.equal(address);
    const wrong = await openSigners({ keys: [], keystore: store }, { BALLAST_KEEPER_PASSWORD: "other" }).catch(String);
    expect(wrong).to.match(/InvalidConfig.*password is another/);
  });

  it("may be several, one lane each, from different places, in the order given", async () => {
    const ownPassword = file("own", "another");
    const sources = [
      `file:${file("two", `${KEY}\n0x${"11".repeat(32)}\n`)}`,
      "env:LANE_KEY",
      `keystore:${await keystore("three.json", `0x${"12".repeat(32)}`, "another")}?password=${ownPassword}`,
    ];
    const environment: NodeJS.ProcessEnv = { LANE_KEY: OTHER };
    const config = loadConfig({ keys: sources.join(",") }, {});
    const signers = await openSigners(config, environment);
    const expected = [KEY, `0x${"11".repeat(32)}`, OTHER, `0x${"12".repeat(32)}`].map((key) => new Wallet(key).address);
    expect(signers.map((signer) => signer.address)).to.deep.equal(expected);
    expect(environment).to.deep.equal({});
    const twice = await openSigners({ keys: ["env:A", "env:B"] }, { A: KEY, B: KEY }).catch(String);
    expect(twice).to.match(/is given twice/);
  });

  it("must be given, and in one way only", async () => {
    expect(await openSigners(loadConfig({}, {}), {}).catch(String)).to.match(/InvalidConfig: no key/);
    expect(() => loadConfig({ keyFile: "a", keystore: "b" }, {})).to.throw(InvalidConfig, /both given/);
  });

  describe("fault K36: are in nothing that is said", () => {
    it("whatever is wrong with them", async () => {
      const passwordFile = file("pw", PASSWORD);
      const attempts: [keys: string[], environment: NodeJS.ProcessEnv][] = [
        [[], { BALLAST_KEEPER_KEY: `${KEY}ff` }],
        [[], { BALLAST_KEEPER_KEY: `${KEY.slice(0, -2)}zz` }],
        [[], { BALLAST_KEEPER_KEY: "" }],
        [[KEY], {}],
        [[`0x:${KEY}`], {}],
        [["env:NOWHERE"], {}],
        [[`file:${file("bad", `${KEY},nonsense`)}`], {}],
        [[`file:${file("zero", "00".repeat(32))}`], {}],
        [[`file:${folder.pathOf("missing")}`], {}],
        [[`keystore:${file("no.json", KEY)}?password=${passwordFile}`], {}],
        [[`keystore:${await keystore("k.json", KEY, "else")}`], { BALLAST_KEEPER_PASSWORD: PASSWORD }],
        [["env:A", "env:B"], { A: KEY, B: KEY }],
      ];
      for (const [keys, environment] of attempts) {
        const error: unknown = await openSigners({ keys }, environment).catch((thrown: unknown) => thrown);
        expect(error, keys.join()).to.be.instanceOf(InvalidConfig);
        expectNoSecret(error);
      }
    });

    it("nor in what has them: signers, secrets, the dispatcher, and what it says when one does not sign", async () => {
      const signers = await openSigners({ keys: ["env:A", "env:B"] }, { A: KEY, B: OTHER });
      expectNoSecret(signers);
      expectNoSecret(new Secret(getBytes(KEY)));
      const { dispatcher, submit, alarms } = await dispatching({ signers });
      await submit("a");
      expectNoSecret(dispatcher);
      for (const signer of signers) signer.signDigest = () => Promise.reject(new SignerFailed("away"));
      expect(await submit("b")).to.include({ ok: false, outcome: "signer-failed" });
      expectNoSecret([alarms, dispatcher.lanes]);
    });

    it("nor in a row of bytes: what was given is overwritten, and what is kept is masked", () => {
      const bytes = getBytes(KEY);
      const signer = LocalSigner.of(bytes);
      expect(bytes.every((byte) => byte === 0)).to.equal(true);
      expect(signer?.address).to.equal(address);
      const lent = new Secret(getBytes(KEY)).use((key) => ({ key, copy: Buffer.from(key).toString("hex") }));
      expect(lent.copy).to.equal(KEY.slice(2));
      expect(lent.key.every((byte) => byte === 0)).to.equal(true);
    });
  });
});
