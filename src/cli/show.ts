import { TroupeError } from "../core/errors.ts";
import { drawForest, TRACES_MAX } from "../report/draw.ts";
import { drawExplanation } from "../report/explain-draw.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { NO_LEDGER } from "../report/hop-table.ts";
import { explainJson, jsonText } from "../report/json.ts";
import { explainSpan } from "../trace/explain.ts";
import type { SpanNode } from "../trace/tree.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import type { Terminal } from "./terminal.ts";
import { openFirstTrees, openTraceFiles, traceFileJson, type TraceFileTrees } from "./trace-file.ts";

/** `troupe show`: the trees of trace files. It passes no judgement: what it can read ends with 0. */
export async function show(args: Arguments<(typeof COMMANDS)["show"]>, terminal: Terminal): Promise<ExitCode> {
  const { operands: files, has, values } = args;
  const { out } = terminal;
  const isWhole = has("all");
  if (values("explain").length > 0)
    explain(await openTraceFiles(files, terminal), values("explain"), has("json"), terminal);
  else if (has("json")) out.print(jsonText(traceFileJson(await openTraceFiles(files, terminal))).trimEnd());
  else {
    const { trees, count } = await openFirstTrees(isWhole ? Number.POSITIVE_INFINITY : TRACES_MAX, files, terminal);
    if (count === 0) out.print(`${files.join(", ")} ${files.length > 1 ? "hold" : "holds"} no spans`);
    else out.print(`${drawForest(trees, { paint: out.paint, isWhole, count })}\n\n${out.paint.dim(NO_LEDGER)}`);
  }
  return 0;
}

function explain(trace: TraceFileTrees, ids: readonly string[], isJson: boolean, { out }: Terminal): void {
  const nodes = trace.trees.flatMap(({ nodes: all }) => all);
  const explained = ids.flatMap((id) => spansCalled(id, nodes)).map(explainSpan);
  if (isJson) out.print(jsonText(explainJson(traceFileJson(trace), explained)).trimEnd());
  else out.print(explained.map((span) => drawExplanation(span, out.paint)).join("\n\n"));
}

const SHOWN_MAX = 5;

/** The spans with an id, several where they share it; or the one whose id begins so. */
function spansCalled(id: string, nodes: readonly SpanNode[]): readonly SpanNode[] {
  const wanted = id.replace(/^0x/i, "");
  const same = nodes.filter(({ span: { spanId } }) => spanId === id || spanId === wanted.toLowerCase());
  if (same.length > 0) return same;
  const begun = nodes.filter(
    ({ span: { spanId } }) => spanId.startsWith(wanted.toLowerCase()) || spanId.startsWith(id),
  );
  const ids = [...new Set(begun.map(({ span }) => span.spanId))];
  if (ids.length === 1) return begun;
  const what = ids.length === 0 ? `there is no span ${id}` : `${ids.length} spans have an id that begins with ${id}`;
  const known = (ids.length === 0 ? nodes.map(({ span }) => span.spanId) : ids).slice(0, SHOWN_MAX);
  const mend = known.length === 0 ? "There are no spans at all." : `Name one by its id, such as ${known.join(", ")}.`;
  throw new TroupeError("USAGE", { where: "troupe show --explain", what, mend });
}
