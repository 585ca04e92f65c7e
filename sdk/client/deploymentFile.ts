import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Deployment, type DeploymentInput, parseDeployment } from "./deployment.js";
import { InvalidDeployment } from "./errors.js";

/** Where the devnet writes its deployment, and where a command looks when it is not told another place. */
export const DEFAULT_DEPLOYMENT_FILE = "out/deployment.json";

/**
 * @example
 * const deployment = readDeployment("out/deployment.json");
 * console.log(deployment.facilities.map((f) => f.name));
 */
export function readDeployment(file: string = DEFAULT_DEPLOYMENT_FILE): Deployment {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new InvalidDeployment(
      `no deployment file at ${file}: start a devnet (npm run devnet) and deploy to it (npm run deploy), or name the file of another deployment`,
      { cause },
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new InvalidDeployment(`${file} is not JSON: ${String(cause)}`, { cause });
  }
  return parseDeployment(content, file);
}

/** Checks and writes a deployment file, so that nobody finds out later that it cannot be read. */
export function writeDeployment(deployment: DeploymentInput, file: string = DEFAULT_DEPLOYMENT_FILE): Deployment {
  const checked = parseDeployment(deployment, file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(checked, null, 2)}\n`);
  return checked;
}
