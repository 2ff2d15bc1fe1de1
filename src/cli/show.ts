import { drawForest } from "../report/draw.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { jsonText } from "../report/json.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import type { Terminal } from "./terminal.ts";
import { openTraceFile, traceFileJson } from "./trace-file.ts";

/** `troupe show`: the trees of a trace file. It passes no judgement: what it can read ends with 0. */
export async function show(
  { operands: [file = ""], has }: Arguments<(typeof COMMANDS)["show"]>,
  { out }: Terminal,
): Promise<ExitCode> {
  const trace = await openTraceFile(file);
  if (has("json")) out.print(jsonText(traceFileJson(trace)).trimEnd());
  else if (trace.trees.length === 0) out.print(`${file} holds no spans`);
  else out.print(drawForest(trace.trees, { paint: out.paint, isWhole: has("all") }));
  return 0;
}
