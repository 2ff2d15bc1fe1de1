import seedrandom from "seedrandom";

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** What OpenTelemetry's SDK asks of an `IdGenerator`, stated here so that `core` knows no SDK. */
export interface SpanIds {
  generateTraceId(): string;
  generateSpanId(): string;
}

/**
 * Seeded trace ids (32 hex digits) and span ids (16), never all zero.
 *
 * `name` is whose ids they are, scenario and service: runs of two scenarios can stand in one store. Trace ids and span ids
 * come from two streams, so one span more in a service does not change the next trace's id.
 */
export function seededSpanIds(seed: number, name: string): SpanIds {
  return new SeededSpanIds(`${seed}/ids/${name}`);
}

/** A class, since the SDK copies plain objects of its configuration deeply. */
class SeededSpanIds implements SpanIds {
  readonly #name: string;
  #trace: seedrandom.PRNG | undefined;
  #span: seedrandom.PRNG | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  generateTraceId(): string {
    return hexWords((this.#trace ??= seedrandom.alea(`${this.#name}/trace`)), 4);
  }

  generateSpanId(): string {
    return hexWords((this.#span ??= seedrandom.alea(`${this.#name}/span`)), 2);
  }
}

function hexWords(draw: seedrandom.PRNG, words: number): string {
  let hex = "";
  let drawn = 0;
  for (let word = 0; word < words; word++) {
    const bits = draw.int32();
    drawn |= bits;
    hex += `${HEX[bits >>> 24]}${HEX[(bits >>> 16) & 255]}${HEX[(bits >>> 8) & 255]}${HEX[bits & 255]}`;
  }
  return drawn === 0 ? hexWords(draw, words) : hex;
}
