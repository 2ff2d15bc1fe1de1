import type { Document, Node, ParsedNode, Scalar } from "yaml";
import { isAlias, isCollection, isMap, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { Fault } from "../../core/errors.ts";
import { Scanner } from "./scanner.ts";

/**
 * The YAML of one shape file: nodes with their places, and the faults found so far.
 *
 * Every scalar is text (YAML's failsafe schema), so that `turn 1` and `true` are what was written.
 */
export class YamlText {
  readonly #file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #faults: Fault[] = [];
  readonly #brokenLines = new Set<number>();
  readonly root: ParsedNode | null;
  /** Whether all of it could be read as YAML. */
  readonly isWhole: boolean;

  constructor(text: string, file: string) {
    this.#file = file;
    this.#text = text;
    const document = parseDocument(text, {
      schema: "failsafe",
      merge: false,
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: this.#lines,
    });
    this.root = document.contents;
    this.isWhole = document.errors.length === 0;
    this.#noteYamlErrors(document);
    this.#refuseIndirection(document);
  }

  /** All faults so far, in no stated order. */
  get faults(): readonly Fault[] {
    return this.#faults;
  }

  /** `file:line:column` of a node or offset. */
  place(where: Node | number): string {
    const { line, col } = this.#lines.linePos(offsetOf(where));
    return `${this.#file}:${line}:${col}`;
  }

  fault(where: Node | number, what: string, mend: string): void {
    const { line, col } = this.#lines.linePos(offsetOf(where));
    // What YAML could not read right is not blamed twice.
    if (!this.#brokenLines.has(line)) this.#note(line, col, what, mend);
  }

  /** A line of ours, to be read; `undefined`, with a fault noted, if the node is none. */
  scanner(node: unknown, what = "a line"): Scanner | undefined {
    if (!isScalar(node)) {
      this.fault(
        isCollection(node) ? node : 0,
        `${what} is text, not a ${isMap(node) ? "mapping" : "list"}`,
        "Write it on one line, in single quotes if it starts with { or [.",
      );
      return undefined;
    }
    const text = textOf(node);
    const source = this.#text.slice(node.range?.[0], node.range?.[1]);
    if (source.includes("\n") || node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED") {
      this.fault(
        node,
        `${what} is over before the end of its row`,
        "Write it on one row; long predicates go under where:.",
      );
      return undefined;
    }
    const offsets = textOffsets(node, source);
    return new Scanner(text, (index, fault, mend) => this.fault(offsets(index), fault, mend));
  }

  #noteYamlErrors(document: Document): void {
    for (const error of document.errors) {
      const { line, col } = this.#lines.linePos(error.pos[0]);
      if (this.#brokenLines.has(line)) continue;
      this.#brokenLines.add(line);
      const before = this.#text.slice(0, error.pos[0]).split("\n").at(-1) ?? "";
      const isOther =
        (error.code === "BLOCK_AS_IMPLICIT_KEY" && !before.includes(": ")) ||
        (error.code === "UNEXPECTED_TOKEN" && !error.message.includes("scalar at node end"));
      const known = isOther ? undefined : YAML_FAULTS[error.code];
      const [what, mend] = known ?? [
        `this is not valid YAML: ${error.message.replace(/\s+/g, " ")}`,
        "Indent the entries of one list alike, with spaces, and put a line with special characters in single quotes.",
      ];
      this.#note(line, col, what, mend);
    }
  }

  #refuseIndirection(document: Document): void {
    visit(document, {
      Node: (_key, node) => {
        if (!isAlias(node) && node.anchor === undefined && node.tag === undefined) return;
        this.fault(node, ...INDIRECTION);
        const { line } = this.#lines.linePos(offsetOf(node));
        this.#brokenLines.add(line);
      },
      Pair: (_key, { key }) => {
        if (!isScalar(key) || key.value !== "<<") return;
        this.fault(key, ...INDIRECTION);
        this.#brokenLines.add(this.#lines.linePos(offsetOf(key)).line);
      },
    });
  }

  #note(line: number, column: number, what: string, mend: string): void {
    this.#faults.push({ where: `${this.#file}:${line}:${column}`, what, mend });
  }
}

const INDIRECTION: readonly [string, string] = [
  "shapes use no YAML anchors, aliases, tags or merge keys",
  "Write the patterns out, or put the line in single quotes.",
];

const COLON: readonly [string, string] = [
  'YAML cuts a line at ": "',
  "Write step = 2 rather than step: 2, or put the whole line in single quotes.",
];

const YAML_FAULTS: Readonly<Record<string, readonly [string, string]>> = {
  BLOCK_AS_IMPLICIT_KEY: COLON,
  MULTILINE_IMPLICIT_KEY: ["a line with children stands on one row", "Move long predicates under where:."],
  BAD_SCALAR_START: [
    "YAML gives this first character a meaning of its own",
    "A line starts with a kind, //, < or ...; put any other text in single quotes.",
  ],
  UNEXPECTED_TOKEN: [
    "text goes on behind a closing quote",
    "A line starts with a kind; if it holds special characters, put the whole line in single quotes.",
  ],
  TAG_RESOLVE_FAILED: INDIRECTION,
  BAD_ALIAS: INDIRECTION,
  TAB_AS_INDENT: ["a tab indents this line", "Indent with spaces."],
  MULTIPLE_DOCS: ["the file holds several YAML documents", "Write one shape a file."],
};

/** The text of a scalar: all are texts in the failsafe schema. */
export function textOf(node: Scalar): string {
  return typeof node.value === "string" ? node.value : "";
}

function offsetOf(where: Node | number): number {
  return typeof where === "number" ? where : (where.range?.[0] ?? 0);
}

/** From an index in a scalar's value to the offset in the file. */
function textOffsets(node: Scalar, source: string): (index: number) => number {
  const start = offsetOf(node);
  if (node.type === "QUOTE_DOUBLE") return (index) => (source.includes("\\") ? start : start + 1 + index);
  if (node.type !== "QUOTE_SINGLE") return (index) => start + index;
  const value = textOf(node);
  return (index) => start + 1 + index + (value.slice(0, index).split("'").length - 1);
}
