const PUSH32 = 0x7f;
const WORD = 32;

/**
 * Whether code on chain is what the compiler made. It leaves a word of zeros to be pushed wherever deployment writes an immutable
 * value: code may differ there, and nowhere else. (The wiring checks read those values by name.)
 */
export function isMadeFrom(code: Uint8Array, template: Uint8Array): boolean {
  return code.length === template.length && matchesAt(code, template, 0);
}

/**
 * Whether code on chain is that of a contract carried in the creation code of another. The optimiser may order the parts of a
 * contract otherwise where it compiles it beside others, so it is the carrier's copy that counts.
 */
export function isCarriedBy(code: Uint8Array, carrier: Uint8Array): boolean {
  for (let start = 0; start + code.length <= carrier.length; start++) {
    if (matchesAt(code, carrier, start)) return true;
  }
  return false;
}

function matchesAt(code: Uint8Array, template: Uint8Array, start: number): boolean {
  for (let i = 0; i < code.length;) {
    const immutable = code[i] === PUSH32 && template[start + i] === PUSH32 && isZero(template, start + i + 1);
    if (immutable) i += 1 + WORD;
    else if (code[i] === template[start + i]) i++;
    else return false;
  }
  return true;
}

function isZero(bytes: Uint8Array, from: number): boolean {
  return bytes.subarray(from, from + WORD).every((byte) => byte === 0);
}
