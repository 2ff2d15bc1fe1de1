import type { Fault } from "../../core/errors.ts";
import type { Count } from "../pattern.ts";

/** What is wrong with a count, or `undefined`. Builders ask too. */
export function countFault({ min, max }: Count): Omit<Fault, "where"> | undefined {
  if (!Number.isSafeInteger(min) || (!Number.isSafeInteger(max) && max !== Infinity) || min < 0) {
    return { what: `a count is a whole number from 0, not ${min}..${max}`, mend: "Write xN, xA..B or xA..*." };
  }
  if (min <= max) return undefined;
  return {
    what: `the count x${min}..${max} is reversed and could never hold`,
    mend: `Write x${max}..${min}.`,
  };
}
