import { TroupeError, type Fault } from "../core/errors.ts";

const FAULTS_SHOWN = 20;

/** Collects what is wrong with a trace file while it is read, so that one error names all of it. */
export class TraceFaults {
  readonly #faults: Fault[] = [];
  #unshown = 0;

  add(where: string, what: string, mend: string): void {
    if (this.#faults.length < FAULTS_SHOWN) this.#faults.push({ where, what, mend });
    else this.#unshown++;
  }

  /** @throws TroupeError `TRACE_INVALID` if anything was added. */
  throwIfAny(file: string): void {
    if (this.#faults.length === 0) return;
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
    throw new TroupeError("TRACE_INVALID", [...this.#faults, ...rest]);
  }
}
