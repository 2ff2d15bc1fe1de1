import { drawForest, TRACES_MAX } from "../report/draw.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { jsonText } from "../report/json.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import type { Terminal } from "./terminal.ts";
import { openFirstTrees, openTraceFiles, traceFileJson } from "./trace-file.ts";

/** `troupe show`: the trees of trace files. It passes no judgement: what it can read ends with 0. */
export async function show(
  { operands: files, has }: Arguments<(typeof COMMANDS)["show"]>,
  terminal: Terminal,
): Promise<ExitCode> {
  const { out } = terminal;
  const isWhole = has("all");
  if (has("json")) out.print(jsonText(traceFileJson(await openTraceFiles(files, terminal))).trimEnd());
  else {
    const { trees, count } = await openFirstTrees(isWhole ? Number.POSITIVE_INFINITY : TRACES_MAX, files, terminal);
    if (count === 0) out.print(`${files.join(", ")} ${files.length > 1 ? "hold" : "holds"} no spans`);
    else out.print(drawForest(trees, { paint: out.paint, isWhole, count }));
  }
  return 0;
}
