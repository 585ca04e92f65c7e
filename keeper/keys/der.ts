import { KeeperError } from "../errors.js";

/** Bytes that are not what they should be. */
export class InvalidDer extends KeeperError {}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
/** SEQUENCE of the object identifiers of an elliptic curve's key and of secp256k1. */
const SECP256K1 = Buffer.from("301006072a8648ce3d020106052b8104000a", "hex");
const UNCOMPRESSED_BYTES = 65;

/** Reads a SEQUENCE of two INTEGERs, as ECDSA signatures are written; zeros before a number are passed over. */
export function signatureNumbers(der: Uint8Array): { r: bigint; s: bigint } {
  const outer = element(der, 0, SEQUENCE);
  const r = element(outer.content, 0, INTEGER);
  const s = element(outer.content, r.end, INTEGER);
  if (outer.end !== der.length || s.end !== outer.content.length) {
    throw new InvalidDer(`a signature of ${der.length} bytes has more in it than two numbers`);
  }
  return { r: unsigned(r.content), s: unsigned(s.content) };
}

/**
 * The point of a SubjectPublicKeyInfo of secp256k1, 65 bytes.
 *
 * @throws InvalidDer for a key of another kind
 */
export function secp256k1Point(spki: Uint8Array): Uint8Array {
  const outer = element(spki, 0, SEQUENCE);
  const algorithm = element(outer.content, 0, SEQUENCE);
  if (!SECP256K1.equals(outer.content.subarray(0, algorithm.end))) {
    throw new InvalidDer(`a public key of another kind than secp256k1: ${Buffer.from(spki).toString("hex")}`);
  }
  const { content } = element(outer.content, algorithm.end, BIT_STRING);
  // The first byte counts unused bits: none.
  const point = content.subarray(1);
  if (content[0] !== 0 || point.length !== UNCOMPRESSED_BYTES || point[0] !== 4) {
    throw new InvalidDer(`a public key that is no uncompressed point: ${Buffer.from(spki).toString("hex")}`);
  }
  return point;
}

/** Lengths of keys and signatures fit one byte, or two with a byte before that says so. */
function element(bytes: Uint8Array, at: number, tag: number): { content: Uint8Array; end: number } {
  const isLong = bytes[at + 1] === 0x81;
  const length = bytes[at + (isLong ? 2 : 1)];
  const start = at + (isLong ? 3 : 2);
  if (bytes[at] !== tag || length === undefined || (length >= 0x80 && !isLong) || start + length > bytes.length) {
    throw new InvalidDer(`expected tag ${tag} with a length at byte ${at} of ${Buffer.from(bytes).toString("hex")}`);
  }
  return { content: bytes.subarray(start, start + length), end: start + length };
}

function unsigned(content: Uint8Array): bigint {
  if (content.length === 0) throw new InvalidDer("a number without bytes");
  return BigInt(`0x${Buffer.from(content).toString("hex")}`);
}
