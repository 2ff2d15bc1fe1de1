import type { Fault } from "../core/errors.ts";
import { isTroupeError, TroupeError } from "../core/errors.ts";
import { parseShape } from "../shape/text/parse.ts";
import type { Expectation, MustFailExpectation, ResolvedExpectation } from "./expectation.ts";
import { EXPECTATION, isExpectation } from "./expectation.ts";

type Direct = Exclude<ResolvedExpectation, { kind: "must-fail" }>;

/** How a fault says where it is, so that the user finds it. */
export interface Places {
  /** Stands before `expect[0]`. */
  readonly prefix: string;
  /** A shape file's path as seen from the folder that the user is in. */
  readonly pathOf: (path: string) => string;
}

const AS_WRITTEN: Places = { prefix: "", pathOf: (path) => path };

/**
 * Reads the shapes that expectations name, so that they can be judged.
 *
 * `readText` gets each shape file's path as the scenario wrote it and gives its text, or throws a `TroupeError`.
 *
 * @throws TroupeError `SHAPE_INVALID` with every fault of every shape.
 */
export function resolveExpectations(
  expectations: readonly Expectation[],
  readText: (path: string) => string,
  places: Places = AS_WRITTEN,
): readonly ResolvedExpectation[] {
  const faults: Fault[] = [];
  const resolved: ResolvedExpectation[] = [];
  for (const [index, expectation] of expectations.entries()) {
    try {
      resolved.push(resolve(expectation, { ...places, readText, where: `${places.prefix}expect[${index}]` }));
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      faults.push(...error.faults);
    }
  }
  if (faults.length > 0) throw new TroupeError("SHAPE_INVALID", faults);
  return resolved;
}

interface Source extends Places {
  readonly readText: (path: string) => string;
  /** The expectation's own place. */
  readonly where: string;
}

function resolve(expectation: Expectation, source: Source): ResolvedExpectation {
  const { where } = source;
  // Scenario files may be plain JavaScript, where no type keeps something else out.
  if (!isExpectation(expectation)) {
    throw wrong(
      where,
      "this is no expectation",
      "Use shapeFile, matchesShape, check, or another function that makes one.",
    );
  }
  if (expectation.kind !== "must-fail") return resolveDirect(expectation, source);
  const { name, why, inner } = expectation;
  const { kind }: { readonly kind: string } = inner;
  if (kind === "must-fail") throw wrong(where, "mustFail stands inside mustFail", "State the expectation itself.");
  if (why === "") {
    const what = `mustFail(${name}) has an empty text for a cause, which every failure has`;
    throw wrong(where, what, "Give a mismatch kind such as missing, a part of the message, or a pattern.");
  }
  return { ...expectation, inner: resolveDirect(inner, source) };
}

function resolveDirect(expectation: Exclude<Expectation, MustFailExpectation<unknown>>, source: Source): Direct {
  if (expectation.kind === "check" || expectation.kind === "shape") return expectation;
  const { name } = expectation;
  const text = expectation.kind === "shape-text" ? expectation.text : source.readText(expectation.path);
  const readInclude = (path: string, from: string): string => source.readText(besides(from, path));
  // Mismatches name a shape as the scenario does; a fault has to be found by somebody who has not read the scenario.
  const found = expectation.kind === "shape-text" ? `${source.where}, ${name}` : source.pathOf(expectation.path);
  try {
    return {
      [EXPECTATION]: true,
      kind: "shape",
      name,
      shape: expectation.kind === "shape-text" ? parseShape(text, name) : parseShape(text, name, readInclude),
    };
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    // A fault of an included file names that file, which lies where the scenario's own shapes do.
    const inName = (where: string): string =>
      where.startsWith(name)
        ? found + where.slice(name.length)
        : expectation.kind === "shape-file"
          ? source.pathOf(where)
          : where;
    const faults = error.faults.map((fault) => ({ ...fault, where: inName(fault.where) }));
    throw new TroupeError(error.code, faults, { cause: error });
  }
}

/** The path of a file that another one names, both as the scenario would write them. */
function besides(from: string, path: string): string {
  if (path.startsWith("/")) return path;
  const steps = from.split("/").slice(0, -1);
  for (const step of path.split("/")) {
    if (step === ".." && steps.length > 0 && steps.at(-1) !== "..") steps.pop();
    else if (step !== ".") steps.push(step);
  }
  return steps.join("/");
}

function wrong(where: string, what: string, mend: string): TroupeError {
  return new TroupeError("SCENARIO_INVALID", { where, what, mend });
}
