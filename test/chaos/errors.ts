/** A campaign cannot go on, or what it found is not as it must be. */
export class ChaosError extends Error {}
