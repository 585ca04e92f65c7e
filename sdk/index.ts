// Runs in a browser too: what needs a file system (client/deploymentFile.ts) is imported by its own path.
export * from "./client/deployment.js";
export * from "./client/errors.js";
export * from "./model/index.js";
