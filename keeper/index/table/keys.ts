/** Rows under one maximum. */
export const KEYS_A_BLOCK = 256;

/**
 * A number for each row and the largest of each 256: those above a threshold are found by looking at few of the others. Rows
 * without a loan have 0, which is above no threshold.
 */
export class Keys {
  values = new Float64Array(0);
  maxima = new Float64Array(0);

  reserve(rows: number): void {
    if (rows <= this.values.length) return;
    const blocks = Math.ceil(rows / KEYS_A_BLOCK);
    const [values, maxima] = [this.values, this.maxima];
    this.values = new Float64Array(blocks * KEYS_A_BLOCK);
    this.maxima = new Float64Array(blocks);
    this.values.set(values);
    this.maxima.set(maxima);
  }

  set(row: number, key: number): void {
    const before = this.values[row]!;
    this.values[row] = key;
    const block = (row / KEYS_A_BLOCK) | 0;
    const most = this.maxima[block]!;
    if (key >= most) this.maxima[block] = key;
    else if (before === most) this.remax(block);
  }

  clear(): void {
    this.values = new Float64Array(0);
    this.maxima = new Float64Array(0);
  }

  private remax(block: number): void {
    const from = block * KEYS_A_BLOCK;
    let most = 0;
    for (let row = from; row < from + KEYS_A_BLOCK; row++) if (this.values[row]! > most) most = this.values[row]!;
    this.maxima[block] = most;
  }
}
