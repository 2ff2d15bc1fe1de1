import type { Automaton, Member } from "./automaton.ts";
import type { Columns, Label } from "./columns.ts";
import { compiled } from "./compile.ts";
import type { EventTest } from "./event-test.ts";
import type { GroupPart, LeafSource, Part } from "./parts.ts";
import type { SpanTest } from "./predicate.ts";
import type { CaptureScope } from "./scopes.ts";
import type { ItemList, NodePattern, Shape, SinglePattern, TraceBody } from "../pattern.ts";

/** A shape made ready for one set of trees: patterns numbered, lists with a plan. */
export interface Program extends CompiledShape {
  /** For each label, the patterns whose kind, name and service it fits. */
  readonly patternsOf: readonly (readonly Pattern[])[];
}

/** A shape made ready for any trees. */
export interface CompiledShape {
  /** In the order of their ids. */
  readonly patterns: readonly Pattern[];
  /** What is asked of the roots of all trees together; for a shape with `traces`, nothing. */
  readonly top: BodyPlan;
  /** For a shape with `traces`, what is asked of them. */
  readonly traces?: TracesPlan;
  /** The captures, each scope with the patterns that are judged anew for every value. */
  readonly scopes: readonly CaptureScope[];
}

/** One node pattern of the shape. Equal ones without anything below share a number; `source` is then the first of them. */
export interface Pattern {
  readonly id: number;
  readonly source: NodePattern;
  readonly fitsLabel: (label: Label) => boolean;
  /** Predicates, those with a capture included. */
  readonly tests: readonly SpanTest[];
  readonly events: readonly EventTest[];
  readonly body: BodyPlan;
  /** Whether it is looked for at any depth, so that its matches are kept in a row. */
  readonly isSought: boolean;
  /** Patterns are judged level by level: those that others link to come first. */
  readonly level: number;
  /** The captures of which some choice of values must make it match, if it is the scope of any. */
  readonly scope: CaptureScope | undefined;
}

/** What is asked of the spans below one, and of those that its links lead to. */
export interface BodyPlan {
  readonly list?: List;
  /** No span below may match any of them. */
  readonly never: readonly Sought[];
  /** Each must be matched by the target of some link. */
  readonly links: readonly Sought[];
}

/** A pattern as written under `never:` or `link:`, and what it stands for: more than one where a `<name>` is a choice. */
export interface Sought {
  readonly source: SinglePattern;
  readonly patterns: readonly Pattern[];
}

/** One place of a list that a span can take. `pattern` is absent for `...`. */
export interface Leaf {
  /** What is written there, for messages: the pattern, `...`, or the `<name>` that led to the pattern. */
  readonly item: LeafSource["item"];
  readonly pattern?: Pattern;
  readonly isDeep: boolean;
  /** Whether every span that matches is obligatory. */
  readonly isCounted: boolean;
}

export interface List {
  readonly id: number;
  /** Where the line that owns it was written. */
  readonly at?: string;
  readonly source: ItemList;
  /** The items with every `<name>` replaced; leaves are numbers into `leaves`. */
  readonly parts: readonly Part[];
  readonly leaves: readonly Leaf[];
  readonly plan: Plan;
  readonly namesTransparent: boolean;
  readonly hasDeep: boolean;
  /** Whether no child is asked for as such. */
  readonly isAllDeep: boolean;
  /** Patterns that some span must match, or the list fails. */
  readonly required: readonly Pattern[];
  /** Whether ends matter, not starts alone. */
  readonly isTimed: boolean;
  /** Whether candidates left out can only make it harder to match: nothing is obligatory. */
  readonly isOpen: boolean;
}

/** How a list is decided; chosen once, when the shape is compiled. */
export type Plan =
  | { readonly type: "windows"; readonly windows: readonly (readonly Member[])[] }
  | { readonly type: "chart"; readonly automaton: Automaton };

/** The bodies of `traces`, each a member of one group without order whose letters are traces. */
export interface TracesPlan {
  readonly bodies: readonly { readonly source: TraceBody; readonly body: BodyPlan }[];
  readonly group: GroupPart;
  /** Whether every trace with a semantic span must be met. */
  readonly isExact: boolean;
}

export function programOf(shape: Shape, columns: Columns): Program {
  const program = compiled(shape);
  const byKind = new Map<string, Heads>();
  for (const pattern of program.patterns) {
    const { kind, name } = pattern.source;
    const heads = byKind.get(kind) ?? { named: new Map(), others: [] };
    byKind.set(kind, heads);
    const known = name?.type === "literal" ? heads.named.get(name.text) : heads.others;
    if (known !== undefined) known.push(pattern);
    else if (name?.type === "literal") heads.named.set(name.text, [pattern]);
  }
  const patternsOf = columns.labels.map((label) => {
    const fitting: Pattern[] = [];
    for (const heads of [byKind.get(label.kind), byKind.get("any")]) {
      for (const pattern of heads?.named.get(label.name) ?? []) if (pattern.fitsLabel(label)) fitting.push(pattern);
      for (const pattern of heads?.others ?? []) if (pattern.fitsLabel(label)) fitting.push(pattern);
    }
    return fitting;
  });
  return { ...program, patternsOf };
}

/** The patterns of a kind: by name where that is literal, so that a label meets few others. */
interface Heads {
  readonly named: Map<string, Pattern[]>;
  readonly others: Pattern[];
}
