import type { ResolvedExpectation } from "../check/expectation.ts";
import { shapeFile } from "../check/expectation.ts";
import { judge } from "../check/judge.ts";
import { resolveExpectations } from "../check/resolve.ts";
import type { ExpectationResult, Verdict } from "../check/verdict.ts";
import { TroupeError } from "../core/errors.ts";
import { BY_WEIGHT } from "../report/cause.ts";
import { drawForest } from "../report/draw.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { exitCodeOf } from "../report/exit-code.ts";
import { checkJson, jsonText } from "../report/json.ts";
import { expectationText } from "../report/text.ts";
import { readTextFileSync } from "../wire/files.ts";
import type { Arguments } from "./arguments.ts";
import { both } from "./both.ts";
import type { COMMANDS } from "./commands.ts";
import type { Terminal } from "./terminal.ts";
import { openTraceFiles, traceFileJson } from "./trace-file.ts";

/** `troupe check`: trace files against shapes. They are taken for the whole trace, unless some of them could not be read. */
export async function check(
  { operands: files, has, values }: Arguments<(typeof COMMANDS)["check"]>,
  terminal: Terminal,
): Promise<ExitCode> {
  const { out } = terminal;
  const [expectations, trace] = await both(
    () => readShapes(values("shape")),
    () => openTraceFiles(files, terminal),
  );
  const results = expectations.map((each) =>
    judge(each, { trees: trace.trees, ledger: [], isComplete: trace.isWhole }),
  );
  const verdict = worstVerdict(results);
  if (has("json")) out.print(jsonText(checkJson(traceFileJson(trace), verdict, results)).trimEnd());
  else {
    const unmet = results.filter((result) => result.verdict !== "passed");
    const mismatches = unmet.flatMap((result) => result.mismatches);
    if (unmet.length > 0) out.print(`${drawForest(trace.trees, { paint: out.paint, mismatches })}\n`);
    for (const result of results) out.print(expectationText(result, out.paint));
  }
  return exitCodeOf(verdict);
}

function readShapes(files: readonly string[]): readonly ResolvedExpectation[] {
  if (files.length > 0) return resolveExpectations(files.map(shapeFile), readTextFileSync);
  const what = "there is no shape to check against";
  throw new TroupeError("USAGE", { where: "troupe check", what, mend: "Write troupe check TRACE --shape FILE." });
}

function worstVerdict(results: readonly ExpectationResult[]): Verdict {
  return BY_WEIGHT.find((verdict) => results.some((result) => result.verdict === verdict)) ?? "inconclusive";
}
