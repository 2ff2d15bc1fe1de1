const SLOTS = 4096;
const LENGTH_MAX = 48;
const LENGTH_MIN = 4;

/**
 * Node's own decoders, behind `Buffer.toString`, whose choice among them takes as long as a short text itself. They are not
 * documented, and as old as Node; protobufjs leans on them too.
 */
export interface Slices {
  utf8Slice(start: number, end: number): string;
  latin1Slice(start: number, end: number): string;
  hexSlice(start: number, end: number): string;
}

/** ASCII texts that have come twice, their bytes, and what was last seen of each slot, by a hash of the bytes. */
const texts: string[] = Array.from({ length: SLOTS }, () => "");
const textBytes = new DataView(new ArrayBuffer(SLOTS * LENGTH_MAX));
const seen = new Int32Array(SLOTS);

/**
 * The text of UTF-8 bytes; what is none becomes U+FFFD. Keys and names come again and again: finding one is several times
 * faster than making it, and takes no memory.
 */
export function knownText(bytes: Slices, view: DataView, start: number, end: number): string {
  const length = end - start;
  if (length > LENGTH_MAX || length < LENGTH_MIN) return bytes.utf8Slice(start, end);
  const last = view.getInt32(end - LENGTH_MIN);
  const middle = view.getInt32(start + (length >> 1) - 2);
  // Multiplied by the golden ratio, which spreads neighbours.
  const hash = Math.imul(last ^ Math.imul(middle, 31) ^ length, 0x9e37_79b1);
  const slot = (hash >>> 16) % SLOTS;
  const known = texts[slot];
  if (known?.length === length && stands(slot, length, view, start)) return known;
  if (!isAscii(view, start, length)) return bytes.utf8Slice(start, end);
  const text = bytes.latin1Slice(start, end);
  // What comes once, as ids do, must not drive out what comes often.
  if (seen[slot] === hash) keep(slot, text, view, start);
  seen[slot] = hash;
  return text;
}

/** By words of four bytes, the last of which may overlap the one before. */
function stands(slot: number, length: number, view: DataView, start: number): boolean {
  const base = slot * LENGTH_MAX;
  const last = length - 4;
  if (textBytes.getInt32(base + last) !== view.getInt32(start + last)) return false;
  for (let at = 0; at < last; at += 4) if (textBytes.getInt32(base + at) !== view.getInt32(start + at)) return false;
  return true;
}

function isAscii(view: DataView, start: number, length: number): boolean {
  const last = length - 4;
  let bits = view.getInt32(start + last);
  for (let at = 0; at < last; at += 4) bits |= view.getInt32(start + at);
  return (bits & 0x8080_8080) === 0;
}

function keep(slot: number, text: string, view: DataView, start: number): void {
  const base = slot * LENGTH_MAX;
  for (let at = 0; at < text.length; at++) textBytes.setUint8(base + at, view.getUint8(start + at));
  texts[slot] = text;
}
