/** A repeatable choice: the share of a list that a seed draws, in the list's order. */
export function sample<T>(all: readonly T[], share: number, seed: number): T[] {
  if (share >= 1) return [...all];
  // xorshift32; 0 would stay 0.
  let state = seed === 0 ? 0x9e3779b9 : seed >>> 0;
  const draw = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return all.filter(() => draw() < share);
}
