import type { HardhatPlugin } from "hardhat/types/plugins";

/**
 * Lets files whose compiler override is the same be compiled together. Hardhat makes a compilation of every override of its
 * own, even where they are equal, and compiles the library behind forty tests forty times.
 */
export const shareCompilers: HardhatPlugin = {
  id: "ballast-share-compilers",
  hookHandlers: {
    config: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            resolveUserConfig: async (user, resolveVariable, next) => {
              const resolved = await next(user, resolveVariable);
              for (const { overrides } of Object.values(resolved.solidity.profiles)) {
                const first = new Map<string, (typeof overrides)[string]>();
                for (const [file, config] of Object.entries(overrides)) {
                  const key = JSON.stringify(config);
                  first.set(key, first.get(key) ?? config);
                  overrides[file] = first.get(key)!;
                }
              }
              return resolved;
            },
          }),
      }),
  },
};
