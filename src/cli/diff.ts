import { drawDiff } from "../report/diff-draw.ts";
import { diffJson } from "../report/diff-json.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { jsonText } from "../report/json.ts";
import { diffTrees } from "../shape/diff/diff.ts";
import type { Arguments } from "./arguments.ts";
import { both } from "./both.ts";
import type { COMMANDS } from "./commands.ts";
import type { Terminal } from "./terminal.ts";
import { openTraceFiles, traceFileJson } from "./trace-file.ts";

/** `troupe diff`: two trace files, each taken for a whole run. 0 where nothing differs, else 1. */
export async function diff(
  { operands: [first = "", second = ""], has }: Arguments<(typeof COMMANDS)["diff"]>,
  terminal: Terminal,
): Promise<ExitCode> {
  const [before, after] = await both(
    () => openTraceFiles([first], terminal),
    () => openTraceFiles([second], terminal),
  );
  const { out } = terminal;
  const found = diffTrees(before.trees, after.trees);
  if (has("json")) out.print(jsonText(diffJson(traceFileJson(before), traceFileJson(after), found)).trimEnd());
  else out.print(drawDiff(found, before.trees, after.trees, { paint: out.paint, isWhole: has("all") }));
  return found.operations.length === 0 ? 0 : 1;
}
