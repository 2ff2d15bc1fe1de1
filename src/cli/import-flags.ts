import { type Fault, TroupeError } from "../core/errors.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";

export interface ImportFlags {
  readonly sources: readonly string[];
  readonly folder: string;
  readonly name: string | undefined;
  readonly traceIds: readonly string[];
  readonly patterns: readonly RegExp[];
  readonly isForced: boolean;
  /** What `troupe mine` wrote. */
  readonly from: string | undefined;
  /** How many conversations, or shapes. */
  readonly top: number;
  readonly isFailingOnly: boolean;
}

const TOP = 20;

/** @throws TroupeError `USAGE` with every fault of the flags. */
export function readImportFlags({ operands, has, value, values }: Arguments<(typeof COMMANDS)["import"]>): ImportFlags {
  const where = "troupe import";
  const faults: Fault[] = [];
  const add = (what: string, mend: string): void => void faults.push({ where, what, mend });
  const folder = value("out");
  if (folder === undefined) add("it is not said where the cases go", "Add --out FOLDER.");
  const from = value("from");
  if (from === undefined && operands.length === 0)
    add("there is nothing to import", "Write troupe import TRACE --out FOLDER.");
  if (from === undefined && has("failing"))
    add("--failing chooses among shapes", "Add --from FILE, which troupe mine --out wrote.");
  if (from !== undefined && operands.length > 0)
    add("a file of troupe mine says itself where its traces are", "Leave the traces out, or --from.");
  for (const flag of ["name", "trace"] as const)
    if (from !== undefined && (flag === "name" ? value(flag) !== undefined : values(flag).length > 0))
      add(`--${flag} is for traces, and not for the shapes of --from`, `Leave --${flag} out.`);
  const text = value("top") ?? String(TOP);
  const top = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(top)) add(`--top ${text} is no number above 0`, "Write how many are imported at most.");
  const patterns = values("redact").flatMap((pattern) => patternOf(pattern, add));
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  return {
    sources: operands,
    folder: folder ?? "",
    name: value("name"),
    traceIds: values("trace"),
    patterns,
    isForced: has("force"),
    from,
    top,
    isFailingOnly: has("failing"),
  };
}

/** `/pattern/flags`, or the pattern alone. */
export function patternOf(text: string, add: (what: string, mend: string) => void): readonly RegExp[] {
  const [, body = text, flags = ""] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  try {
    const pattern = new RegExp(body, flags);
    if (!pattern.test("")) return [pattern];
    add(
      `--redact ${text} finds nothing at all in an empty text, and so everywhere`,
      "Write what it has to find at least.",
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    add(
      `--redact ${text} is no regular expression (${why})`,
      "Correct it; a plain text is one, but for its special characters.",
    );
  }
  return [];
}
