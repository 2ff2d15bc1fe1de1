import seedrandom from "seedrandom";

/** A stream of chance. Each named stream is its own: a draw in one never shifts another. */
export interface Random {
  /** A float in [0, 1) with 32 bits. */
  next(): number;
  /** An integer in [min, max], both included. */
  integer(min: number, max: number): number;
  /** One element. The list must not be empty. */
  pick<T>(list: readonly [T, ...T[]] | readonly T[]): T;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** `count` bytes. */
  bytes(count: number): Uint8Array;
}

/**
 * The stream `name` of `seed`: the same pair gives the same numbers on any machine and Node version.
 *
 * Names are paths such as `persona/alice` or `network/triage>orders`. A *keyed* draw is a stream whose name holds all
 * that the draw may depend on, read once.
 */
export function randomStream(seed: number, name: string): Random {
  return new Stream(seed, name);
}

/** A class, since streams are made for every actor and many a draw. */
class Stream implements Random {
  readonly #seed: number;
  readonly #name: string;
  // Seeding costs more than a draw, and many a stream is never drawn from.
  #draw: seedrandom.PRNG | undefined;

  constructor(seed: number, name: string) {
    this.#seed = seed;
    this.#name = name;
  }

  next(): number {
    return (this.#draw ??= seedrandom.alea(`${this.#seed}/${this.#name}`))();
  }

  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[Math.floor(this.next() * list.length)];
    if (picked === undefined)
      throw new RangeError(`nothing to pick from: the list for stream "${this.#name}" is empty`);
    return picked;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  bytes(count: number): Uint8Array {
    // Not `Uint8Array.from`, which is six times as slow: every id that a framework draws comes from here.
    const bytes = new Uint8Array(count);
    for (let index = 0; index < count; index++) bytes[index] = Math.floor(this.next() * 256);
    return bytes;
  }
}

/** A stateless 32-bit hash of a text (FNV-1a), for ties that must not depend on draws before. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return avalanche(hash);
}

/** 64 bits of hash as text: a short name for a long one, such as the conversation that keys a draw. */
export function hash64(text: string): string {
  return `${hash32(text).toString(36)}.${hash32(`~${text}`).toString(36)}`;
}

/** A hash and a non-negative integer below 2^53 mixed into another hash. */
export function mix32(hash: number, integer: number): number {
  const low = avalanche(hash ^ (integer % 0x1_0000_0000));
  return avalanche(low ^ Math.floor(integer / 0x1_0000_0000));
}

/** Murmur3's last step: every bit of the input moves every bit of the result. */
function avalanche(input: number): number {
  let hash = Math.imul(input ^ (input >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
