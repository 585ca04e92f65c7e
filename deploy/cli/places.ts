import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULT_DEPLOYMENT_FILE } from "../../sdk/client/deploymentFile.js";
import type { Parameters } from "../parameters.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The parameter file of a network that has one. */
export const parameterFileOf = (network: string): string => join(root, "deploy/parameters", `${network}.json5`);

/** Where the addresses are written: under version control, unless the chain is a passing one. */
export const deploymentFileOf = ({ local, network }: Parameters): string =>
  local ? DEFAULT_DEPLOYMENT_FILE : join(root, "deployments", `${network}.json`);

/** Where Ignition remembers what was done; of a real network it belongs under version control too. */
export const journalOf = ({ local, network }: Parameters): string =>
  local ? join("out", "journal", network) : join(root, "deploy/deployments", network);
