import { type Slices, knownText } from "./known-text.ts";

/** What a protobuf message cannot be. */
export class NotProtobuf extends Error {}

/** Wire types. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
const GROUP = 3;
const GROUP_END = 4;
export const FIXED32 = 5;

/** A field's number and wire type in one, as they stand before its value. */
export function tagOf(number: number, type: number): number {
  return number * 8 + type;
}

/**
 * Walks over a protobuf message and those inside it, field by field, and copies nothing that it is not asked for.
 *
 * As long as it `isInside()` a message there is a next `tag()`, and behind it the value, to be read by the method for its
 * type, or a `skip(tag)`. A tag is the field's number and its wire type: a field of another type than its own is an unknown
 * one, as protobuf says.
 *
 * Every method throws {@link NotProtobuf} where the bytes break off, or are none.
 *
 * @see https://protobuf.dev/programming-guides/encoding
 */
export class WireReader {
  readonly #bytes: Buffer & Slices;
  readonly #view: DataView;
  #at = 0;
  /** Where the message ends that it is in. */
  #end: number;
  /** The upper half of the number that was read last. */
  #high = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as Buffer & Slices;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  isInside(): boolean {
    return this.#at < this.#end;
  }

  tag(): number {
    const tag = this.#varint();
    if (tag > 7 && this.#high === 0) return tag;
    throw new NotProtobuf(`there is no field ${Math.floor((this.#high * TWO_32 + tag) / 8)}`);
  }

  /** Goes into the message that stands here; what it gives is for {@link leave}. */
  enter(): number {
    const outer = this.#end;
    this.#end = this.#ending();
    return outer;
  }

  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  skip(tag: number): void {
    const groups: number[] = [];
    for (let next = tag; ; next = this.tag()) {
      const number = next >>> 3;
      const type = next & 7;
      if (type === GROUP) groups.push(number);
      else if (type !== GROUP_END) this.#skipValue(type);
      else if (groups.pop() !== number) throw new NotProtobuf("a group ends that has not begun");
      if (groups.length === 0) return;
    }
  }

  /** The lower 32 bits of a `uint32`, an `int32` or an enum, unsigned. */
  uint32(): number {
    return this.#varint();
  }

  bool(): boolean {
    return (this.#varint() | this.#high) !== 0;
  }

  /** An `int64`; a bigint where a number would not be exact. */
  int64(): number | bigint {
    const low = this.#varint();
    const high = this.#high | 0;
    const value = high * TWO_32 + low;
    return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
  }

  fixed32(): number {
    return this.#view.getUint32(this.#taken(4), true);
  }

  fixed64(): bigint {
    return this.#view.getBigUint64(this.#taken(8), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#taken(8), true);
  }

  /** Bytes as text. What is no UTF-8 becomes U+FFFD. */
  text(): string {
    const end = this.#ending();
    const start = this.#at;
    this.#at = end;
    return knownText(this.#bytes, this.#view, start, end);
  }

  /** Bytes as lower-case hex. An id often is the same as the one before in its place, which `like` remembers. */
  hex(like: { at: number; hex: string }): string {
    const end = this.#ending();
    const start = this.#at;
    this.#at = end;
    if (like.hex.length !== 2 * (end - start) || !this.#isAgain(start, end, like.at))
      like.hex = this.#bytes.hexSlice(start, end);
    like.at = start;
    return like.hex;
  }

  /** A copy of the bytes, which keeps nothing else of the message alive. */
  bytes(): Uint8Array {
    const end = this.#ending();
    const start = this.#at;
    this.#at = end;
    return Uint8Array.from(this.#bytes.subarray(start, end));
  }

  #isAgain(start: number, end: number, before: number): boolean {
    for (let at = start, was = before; at < end; at++, was++) if (this.#bytes[at] !== this.#bytes[was]) return false;
    return true;
  }

  #skipValue(type: number): void {
    if (type === VARINT) this.#varint();
    else if (type === FIXED64) this.#taken(8);
    else if (type === BYTES) this.#at = this.#ending();
    else if (type === FIXED32) this.#taken(4);
    else throw new NotProtobuf(`there is no wire type ${type}`);
  }

  /** The place of the next `length` bytes, which are then behind. */
  #taken(length: number): number {
    const start = this.#at;
    if (start + length > this.#end) throw brokenOff();
    this.#at = start + length;
    return start;
  }

  /** Reads the length of what stands here, and gives where it ends. */
  #ending(): number {
    const length = this.#varint();
    const end = this.#at + length;
    if (this.#high !== 0 || end > this.#end) throw new NotProtobuf("a field is longer than its message");
    return end;
  }

  /** The lower 32 bits of a number of up to 64, unsigned; the upper ones are left in `#high`. */
  #varint(): number {
    this.#high = 0;
    const first = this.#byte();
    if (first < 0x80) return first;
    let low = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low;
    }
    // Of the fifth byte four bits are of the lower half, and three of the upper one.
    let byte = this.#byte();
    low = (low | (byte << 28)) >>> 0;
    let high = (byte & 0x7f) >> 4;
    for (let shift = 3; byte >= 0x80; shift += 7) {
      if (shift > 31) throw new NotProtobuf("a number is longer than 64 bits");
      byte = this.#byte();
      high |= (byte & 0x7f) << shift;
    }
    this.#high = high >>> 0;
    return low;
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at++] : undefined;
    if (byte === undefined) throw brokenOff();
    return byte;
  }
}

const TWO_32 = 2 ** 32;

function brokenOff(): NotProtobuf {
  return new NotProtobuf("the message breaks off");
}
