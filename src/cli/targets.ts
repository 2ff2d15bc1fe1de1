import { type Fault, nearestWord } from "../core/errors.ts";

/** A report and the file it goes to; standard output without one. */
export interface Target<Kind extends string> {
  readonly kind: Kind;
  readonly file: string | undefined;
}

/** The kinds of reports that a command has. */
export interface TargetKinds<Kind extends string> {
  /** `troupe run`. */
  readonly command: string;
  readonly known: readonly Kind[];
  /** Kinds that are promised for later: refused by name, so that nobody hunts for a typing mistake. */
  readonly later: readonly string[];
  /** Kinds that go among other lines on standard output; any other has it to itself. */
  readonly amongLines: readonly Kind[];
}

/**
 * Reads `--report KIND[=FILE]` and `--json`, which is `--report json`.
 *
 * Adds a fault for a kind that is unknown, and when two documents would share standard output.
 */
export function readTargets<Kind extends string>(
  kinds: TargetKinds<Kind | "json">,
  reports: readonly string[],
  isJson: boolean,
  faults: Fault[],
): readonly Target<Kind | "json">[] {
  const { command, known } = kinds;
  const targets: Target<Kind | "json">[] = isJson ? [{ kind: "json", file: undefined }] : [];
  for (const report of reports) {
    const [, word = "", file] = /^([^=]*)(?:=(.*))?$/s.exec(report) ?? [];
    const where = `${command} --report ${report}`;
    const kind = known.find((name) => name === word);
    if (kind === undefined) faults.push({ where, ...unknownKind(word, kinds) });
    else if (file === "")
      faults.push({ where, what: "the file's name is missing", mend: `Write --report ${kind}=FILE.` });
    else if (!targets.some((target) => target.kind === kind && target.file === file)) targets.push({ kind, file });
  }
  const printed = targets.filter((target) => hasOutputAlone(kinds, target));
  if (printed.length > 1) {
    const what = `${printed.map(({ kind }) => kind).join(" and ")} cannot share standard output`;
    const mend = "Write all but one of them to files, as in --report junit=junit.xml.";
    faults.push({ where: command, what, mend });
  }
  return targets;
}

/** Whether a report has standard output to itself. */
export function hasOutputAlone<Kind extends string>(
  { amongLines }: TargetKinds<Kind>,
  { kind, file }: Target<Kind>,
): boolean {
  return file === undefined && !amongLines.includes(kind);
}

function unknownKind(word: string, { known, later }: TargetKinds<string>): Omit<Fault, "where"> {
  const mend = `Known: ${known.join(", ")}.`;
  if (later.includes(word)) return { what: `the ${word} report is not built yet`, mend };
  const nearest = nearestWord(word, known);
  return { what: `unknown report "${word}"`, mend: nearest === undefined ? mend : `Did you mean ${nearest}?` };
}
