import { Lexer } from "yaml";

/** A row of a shape file that says something, with the comments that belong to it. */
interface Line {
  readonly code: string;
  /** The row alone and with all that it stands under, without the colon that shows that something stands under it. */
  readonly own: string;
  readonly path: string;
  /** The comments on rows of their own above it. */
  readonly above: readonly string[];
  /** The comment on its own row. */
  readonly behind?: string;
}

interface Commented {
  /** The rows before the first line: comments, and empty ones between them. */
  readonly top: readonly string[];
  readonly lines: readonly Line[];
  readonly end: readonly string[];
}

/**
 * A refreshed text with the comments of the old one: those at its top and its end, and each other one whose line is still
 * there, under the same lines or, if there is but one that reads like it, under others. Linear in both texts.
 *
 * @returns also how many comments went with their lines.
 */
export function withComments(old: string, fresh: string): { readonly text: string; readonly lost: number } {
  const before = commentedIn(old);
  const { lines } = commentedIn(fresh);
  const oldOf = survivorsOf(before.lines, lines);
  const rows = lines.flatMap((line) => withCommentsOf(line, oldOf.get(line)));
  const kept = new Set(oldOf.values());
  let lost = 0;
  for (const line of before.lines) if (!kept.has(line)) lost += line.above.length + (line.behind === undefined ? 0 : 1);
  return { text: `${[...before.top, ...rows, ...before.end].join("\n")}\n`, lost };
}

/** For each fresh line that was there before, the old one. */
function survivorsOf(old: readonly Line[], fresh: readonly Line[]): ReadonlyMap<Line, Line> {
  const oldOf = new Map<Line, Line>();
  const byPath = groupsOf(fresh, ({ path }) => path);
  const moved = old.filter((line) => {
    const same = byPath.get(line.path)?.pop();
    if (same !== undefined) oldOf.set(same, line);
    return same === undefined;
  });
  const byOwn = groupsOf([...byPath.values()].flat(), ({ own }) => own);
  for (const line of moved) {
    const [only, second] = byOwn.get(line.own) ?? [];
    if (only !== undefined && second === undefined && !oldOf.has(only)) oldOf.set(only, line);
  }
  return oldOf;
}

/** Lines by key, those of one key with the first of them last. */
function groupsOf(lines: readonly Line[], keyOf: (line: Line) => string): ReadonlyMap<string, Line[]> {
  const groups = new Map<string, Line[]>();
  for (const line of lines.toReversed()) {
    const group = groups.get(keyOf(line));
    if (group === undefined) groups.set(keyOf(line), [line]);
    else group.push(line);
  }
  return groups;
}

function withCommentsOf({ code }: Line, old: Line | undefined): readonly string[] {
  if (old === undefined) return [code];
  const indent = /^ */.exec(code)?.[0] ?? "";
  const { above, behind } = old;
  return [...above.map((comment) => indent + comment), behind === undefined ? code : `${code} ${behind}`];
}

/** YAML's own lexer tells comments from what looks like one inside of quotes. */
function commentedIn(text: string): Commented {
  const top: string[] = [];
  const lines: Line[] = [];
  const under: { readonly depth: number; readonly path: string }[] = [];
  let above: string[] = [];
  for (const { code, comment } of rowsOf(text)) {
    const own = code.trim().replace(/:$/, "");
    if (own === "") {
      if (lines.length === 0 && above.length === 0) top.push(comment ?? "");
      else if (comment !== undefined) above.push(comment);
      continue;
    }
    // A list may stand in the column of the key that it belongs to.
    const depth = /^ */.exec(code)?.[0].length ?? 0;
    const level = own.startsWith("- ") ? depth : depth - 1;
    while ((under.at(-1)?.depth ?? -Infinity) >= level) under.pop();
    const path = `${under.at(-1)?.path ?? ""}\n${own}`;
    under.push({ depth: level, path });
    lines.push({ code: code.trimEnd(), own, path, above, ...(comment === undefined ? {} : { behind: comment }) });
    above = [];
  }
  return { top, lines, end: above };
}

/** Before a scalar, which may begin like a comment. */
const SCALAR = "\u001F";
/** What the lexer adds to the text, and the mark of its order of bytes. */
const CONTROLS: ReadonlySet<string> = new Set(["\u0002", "\u0018", SCALAR, "\uFEFF"]);

function* rowsOf(text: string): Generator<{ readonly code: string; readonly comment?: string }> {
  let code = "";
  let comment: string | undefined;
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    if (!CONTROLS.has(token)) {
      if (/^\r?\n$/.test(token)) {
        yield { code, ...(comment === undefined ? {} : { comment }) };
        [code, comment] = ["", undefined];
      } else if (token.startsWith("#") && !isScalar) comment = token;
      else code += token;
    }
    isScalar = token === SCALAR;
  }
  if (code !== "" || comment !== undefined) yield { code, ...(comment === undefined ? {} : { comment }) };
}
