import { spawn } from "node:child_process";
import { HARDHAT_CLI } from "../devnet/hardhat.js";
import { ScenarioError } from "./errors.js";

/** Compiles the contracts if their artifacts are missing or older than the sources; a moment where they are not. */
export async function compile(say: (line: string) => void): Promise<void> {
  const args = [HARDHAT_CLI, "build", "--quiet", "--no-tests", "--no-typechain"];
  say("Compiling…");
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  // Warnings belong to whoever changes the contracts, not to whoever replays a day.
  if (code !== 0) throw new ScenarioError(`The contracts do not compile:\n${said.trim()}`);
}
