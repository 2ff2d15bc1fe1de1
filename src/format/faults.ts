import { faultSentence, TroupeError, type Fault } from "../core/errors.ts";

const FAULTS_SHOWN = 20;

/**
 * Where something stands in a file: in words, or as a step from there. Nearly all of what is read is sound, and the words
 * of its place would cost more than reading it.
 */
export type Place = string | { readonly from: Place; readonly step: string | number };

function placeWords(place: Place): string {
  const steps: string[] = [];
  let from = place;
  for (; typeof from !== "string"; from = from.from)
    steps.push(typeof from.step === "number" ? `[${from.step}]` : from.step);
  return from + steps.toReversed().join("");
}

/** Collects what is wrong with a trace file while it is read, so that one error names all of it. */
export class TraceFaults {
  readonly #faults: Fault[] = [];
  #unshown = 0;
  #leftOut = 0;
  #firstLeftOut = "";
  readonly #lacks: string[] = [];

  add(place: Place, what: string, mend: string): void {
    if (this.#faults.length < FAULTS_SHOWN) this.#faults.push({ where: placeWords(place), what, mend });
    else this.#unshown++;
  }

  /** Tells of something in a list of spans that is none. It is no fault: the spans are read, and a note says it. */
  leaveOut(where: string): void {
    if (this.#leftOut++ === 0) this.#firstLeftOut = where.replace(/^\./, "");
  }

  /** Tells that the writer itself says that something is not there. It is no fault either. */
  lack(what: string): void {
    this.#lacks.push(what);
  }

  /** What was left out and what is not there, a sentence each. */
  get leftOut(): readonly string[] {
    if (this.#leftOut === 0) return this.#lacks;
    const rest = this.#leftOut === 1 ? "is no span and" : `and ${this.#leftOut - 1} more are no spans and`;
    return [`${this.#firstLeftOut} ${rest} left out`, ...this.#lacks];
  }

  get isEmpty(): boolean {
    return this.#faults.length === 0;
  }

  /** The first of them as a sentence. */
  get first(): string {
    const [fault] = this.#faults;
    return fault === undefined ? "" : faultSentence(fault);
  }

  /** @throws TroupeError `TRACE_INVALID` if anything was added. */
  throwIfAny(file: string): void {
    if (!this.isEmpty) throw this.error(file);
  }

  /** `TRACE_INVALID` with all that was added. */
  error(file: string): TroupeError {
    const rest: readonly Fault[] =
      this.#unshown === 0
        ? []
        : [
            {
              where: file,
              what: `${this.#unshown} more faults of this kind`,
              mend: "Mend the first ones and read again.",
            },
          ];
    return new TroupeError("TRACE_INVALID", [...this.#faults, ...rest]);
  }
}
