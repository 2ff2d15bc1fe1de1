import { drawForest } from "../report/draw.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { jsonText } from "../report/json.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import type { Terminal } from "./terminal.ts";
import { openTraceFiles, traceFileJson } from "./trace-file.ts";

/** `troupe show`: the trees of trace files. It passes no judgement: what it can read ends with 0. */
export async function show(
  { operands: files, has }: Arguments<(typeof COMMANDS)["show"]>,
  terminal: Terminal,
): Promise<ExitCode> {
  const { out } = terminal;
  const trace = await openTraceFiles(files, terminal);
  if (has("json")) out.print(jsonText(traceFileJson(trace)).trimEnd());
  else if (trace.trees.length === 0) out.print(`${files.join(", ")} ${files.length > 1 ? "hold" : "holds"} no spans`);
  else out.print(drawForest(trace.trees, { paint: out.paint, isWhole: has("all") }));
  return 0;
}
