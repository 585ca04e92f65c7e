import { readFileSync } from "node:fs";
import { expect } from "chai";
import hre from "hardhat";
import { ABI_SOURCES, abiFile } from "../../../scripts/abi.js";

describe("client: ABIs", () => {
  for (const [name, source] of Object.entries(ABI_SOURCES)) {
    it(`${name} is what the compiled contract says`, async () => {
      const contract = source.split("/").at(-1)?.replace(".json", "") ?? "";
      // By way of Hardhat, which keeps artifacts elsewhere under --coverage; the token is OpenZeppelin's own build.
      const { abi } = source.startsWith("artifacts")
        ? await hre.artifacts.readArtifact(contract)
        : (JSON.parse(readFileSync(source, "utf8")) as { abi: object[] });
      const isFresh = readFileSync(`sdk/client/abi/${name}.ts`, "utf8") === abiFile(name, abi as object[]);
      expect(isFresh, `sdk/client/abi/${name}.ts is older than the contract: run npm run abi`).to.equal(true);
    });
  }
});
