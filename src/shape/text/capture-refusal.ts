import type { Fault } from "../../core/errors.ts";
import type { Shape } from "../pattern.ts";
import { placeOf } from "../pattern.ts";
import { printItemLine } from "../print.ts";
import type { CaptureUses } from "../scope.ts";
import { capturesOf } from "../scope.ts";

/** Candidates multiply with each capture of a scope. */
const SCOPE_CAPTURES_MAX = 3;

const NUMBER_WORDS = ["four", "five", "six", "seven", "eight", "nine", "ten"];

/** Captures that join nothing, that have no value to be, or that are too many to try. */
export function captureFaults(shape: Shape): readonly Fault[] {
  const captures = capturesOf(shape);
  return [...captures.flatMap(useFaults), ...crowdFaults(captures)];
}

function useFaults(capture: CaptureUses): readonly Fault[] {
  const { name, uses, owner, trouble } = capture;
  const [first, second] = uses;
  const where = first?.at ?? "shape";
  if (first?.isRepeated !== true && second === undefined) {
    const within =
      owner === undefined ? "" : ` within ${printItemLine(owner)}, whose spans each have a value of their own`;
    const mend = `Use it in a second place${within}, or write the key alone.`;
    return [{ where, what: `$${name} is used once; a capture joins two places`, mend }];
  }
  if (!uses.some(({ isAsked }) => isAsked)) {
    const what = `$${name} is used only where nothing may match, under never or x0, so it has no value`;
    return [{ where, what, mend: "Use it also on a span that is there." }];
  }
  if (trouble === undefined) return [];
  if ("name" in trouble) {
    const what = `$${name} is used only in <${trouble.name}>, which is more than one pattern`;
    return [{ where, what, mend: "Put the items of the definition under one span, or use the capture outside too." }];
  }
  const what = `$${name} would change with each round of ${printItemLine(trouble)}`;
  return [{ where: placeOf(trouble), what, mend: "Put the round under one span, or use it outside too." }];
}

function crowdFaults(captures: readonly CaptureUses[]): readonly Fault[] {
  const crowds = new Map<CaptureUses["owner"], CaptureUses[]>();
  for (const capture of captures) crowds.set(capture.owner, [...(crowds.get(capture.owner) ?? []), capture]);
  return Array.from(crowds.values())
    .filter(({ length }) => length > SCOPE_CAPTURES_MAX)
    .map((crowd) => {
      const count = NUMBER_WORDS[crowd.length - SCOPE_CAPTURES_MAX - 1] ?? String(crowd.length);
      const names = crowd.map(({ name }) => `$${name}`).join(", ");
      return {
        where: crowd[SCOPE_CAPTURES_MAX]?.uses[0]?.at ?? "shape",
        what: `${count} captures meet in one scope (${names}); the limit is ${SCOPE_CAPTURES_MAX}`,
        mend: "Join by fewer, or split the shape.",
      };
    });
}
