import * as fc from "fast-check";
import { KINDS } from "../../src/trace/kinds.ts";
import type {
  Body,
  Count,
  Definition,
  EventPattern,
  Group,
  Item,
  ItemList,
  ListMode,
  NodePattern,
  Predicate,
  Reference,
  Shape,
  SinglePattern,
  TextTest,
  ValueTest,
} from "../../src/shape/pattern.ts";
import { isGlob, isPlainName, isPlainValue } from "../../src/shape/text/plain-text.ts";
import { keyFault } from "../../src/shape/text/predicate-text.ts";

const TRAPS = [
  "",
  " ",
  "x2",
  "a x2",
  "x1..*",
  "x1..",
  "a: b",
  "a:",
  ": a",
  "a #b",
  "#a",
  " a",
  "a ",
  "a  b",
  "/x/",
  "//x",
  "a*",
  "[uuid]",
  "a-[id]-[number]",
  "[uid]",
  "~",
  "null",
  "true",
  "no",
  "12",
  "1e3",
  "2026-11-21",
  "0x1f",
  "- a",
  "? a",
  "...",
  "---",
  "<a>",
  "<<",
  "$a",
  "!a",
  "&a",
  "*a",
  "%a",
  "@a",
  "a @b",
  "a {b",
  "{a}",
  "}",
  "a, b",
  '"a"',
  "'a'",
  "it's",
  "a\\b",
  "a\nb",
  "a\tb",
  "\u0000",
  "\u0085",
  "\u2028",
  "\uFEFFa",
  "\uD800",
  "é",
  "👩‍🚀",
  "__proto__",
  "|",
  ">",
  "tool",
  "never",
  "in-order x2",
];

/** Any text, traps of YAML and of lines among them. */
export const hardText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...TRAPS),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...Array.from("ax2 .*@{}\"'/:#,$!<=-[]&|>%~?\\\n\t")), maxLength: 12 }),
  fc.array(fc.constantFrom(...TRAPS), { maxLength: 3 }).map((parts) => parts.join("")),
);

const WORDS = ["worker", "a-b", "_", "null", "élan", "x2", "no", "Y", "toolCall_9"] as const;

const regex = fc
  .array(fc.constantFrom("a", "[/]", "\\/", " {", " @", ": ", " #", "x2", "(?:b|c)", "\\d+", ".", "'", '"', ",", "}"), {
    minLength: 1,
    maxLength: 5,
  })
  .chain((parts) =>
    fc.constantFrom("", "i", "s").map((flags) => {
      const { source } = new RegExp(parts.join(""), flags);
      return { type: "regex" as const, source, flags };
    }),
  );

const glob = fc.tuple(hardText, fc.constantFrom("*", "[hex]", "[time]x*")).map(([text, special]) => text + special);

const textTest: fc.Arbitrary<TextTest> = fc.oneof(
  hardText.map((text) => ({ type: "literal" as const, text })),
  glob.filter(isPlainName).map((text) => ({ type: "glob" as const, text })),
  regex,
);

const word = fc
  .oneof(hardText, fc.double({ noNaN: true }).map(String))
  .filter((text) => isPlainValue(text) && !isGlob(text))
  .map((text) => ({ type: "word" as const, text }));

const value: fc.Arbitrary<ValueTest> = fc.oneof(
  word,
  hardText.map((text) => ({ type: "literal" as const, text })),
  glob.filter(isPlainValue).map((text) => ({ type: "glob" as const, text })),
  regex,
  fc.constant({ type: "capture" as const, name: "x" }),
);

const key = fc.oneof(
  fc.constantFrom("status", "args.order.id", "gen_ai.tool.call.arguments#order.id", "attributes.status", "span.id"),
  hardText.filter((text) => keyFault(text) === undefined && text !== "duration"),
);

const predicate: fc.Arbitrary<Predicate> = fc.oneof(
  fc.record({ key, op: fc.constantFrom("present" as const, "absent" as const) }),
  fc.record({ key, op: fc.constant("=" as const), value }),
  fc.record({ key, op: fc.constant("!=" as const), value: value.filter(({ type }) => type !== "capture") }),
  fc.record({
    key,
    op: fc.constantFrom("<" as const, "<=" as const, ">" as const, ">=" as const),
    value: fc.integer().map((number) => ({ type: "word" as const, text: String(number) })),
  }),
  fc.record({
    key: fc.constant("duration"),
    op: fc.constantFrom("<" as const, ">=" as const),
    value: fc.constantFrom("2s", "1.5ms").map((text) => ({ type: "word" as const, text })),
  }),
);

const predicates = fc.array(predicate, { maxLength: 3 });

const count: fc.Arbitrary<Count> = fc
  .tuple(fc.integer({ min: 0, max: 2 }), fc.constantFrom(0, 1, Infinity))
  .map(([min, more]) => ({ min, max: min + more }));

const event: fc.Arbitrary<EventPattern> = fc
  .record({ name: textTest, predicates, count }, { requiredKeys: ["predicates"] })
  .filter(({ name, predicates: conditions }) => name !== undefined || conditions.length > 0);

const head = fc.record(
  {
    type: fc.constant("node" as const),
    kind: fc.constantFrom(...KINDS, "any" as const),
    name: textTest,
    service: textTest.filter((made) => made.type !== "glob" || !/\s/.test(made.text)),
    predicates,
  },
  { requiredKeys: ["type", "kind", "predicates"] },
);

/** The names that may be used in one place: of definitions that are one pattern, and of all. */
interface Names {
  readonly single: readonly string[];
  readonly all: readonly string[];
}

const NOTHING: Body = { never: [], links: [], events: [] };
const NO_NAMES: Names = { single: [], all: [] };

function body(names: Names, depth: number, linkable: Names): fc.Arbitrary<Body> {
  if (depth === 0) return fc.constant(NOTHING);
  const inner = single(names, depth - 1, linkable);
  return fc.record(
    {
      list: list(names, depth - 1, linkable),
      never: fc.array(inner, { maxLength: 1 }),
      links: fc.array(single(linkable, depth - 1, linkable), { maxLength: 1 }),
      events: fc.array(event, { maxLength: 1 }),
    },
    { requiredKeys: ["never", "links", "events"] },
  );
}

function list(names: Names, depth: number, linkable: Names): fc.Arbitrary<ItemList> {
  return fc
    .constantFrom<ListMode>("contain", "exactly")
    .chain((mode) =>
      fc
        .array(item(names, depth, linkable, mode), { minLength: mode === "contain" ? 1 : 0, maxLength: 3 })
        .map((items) => ({ mode, items })),
    );
}

function item(names: Names, depth: number, linkable: Names, mode: ListMode | "definition"): fc.Arbitrary<Item> {
  const isDeep = mode === "contain" ? fc.boolean() : fc.constant(false);
  const leaf: fc.Arbitrary<Item> = fc.oneof(
    { weight: 6, arbitrary: counted(node(names, depth, linkable, isDeep)) },
    ...(mode === "exactly" ? [{ weight: 1, arbitrary: fc.constant<Item>({ type: "rest" }) }] : []),
    ...references(names.all, mode === "contain" ? names.single : []).map((arbitrary) => ({ weight: 2, arbitrary })),
  );
  if (depth <= 0) return leaf;
  const inner = item(names, depth - 1, linkable, mode);
  const plain = counted(node(names, depth - 1, linkable, fc.constant(false)));
  const choice = group("one-of", single(names, 0, linkable));
  return fc.oneof(
    { weight: 5, arbitrary: leaf },
    { weight: 1, arbitrary: group("in-order", inner) },
    { weight: 1, arbitrary: group("one-of", inner) },
    { weight: 1, arbitrary: group("sequence", fc.oneof(plain, group("one-of", plain))) },
    { weight: 1, arbitrary: group("any-order", fc.oneof(plain, choice, ...references(names.single, []))) },
    { weight: 1, arbitrary: group("parallel", fc.oneof(plain, choice)) },
  );
}

function references(names: readonly string[], deep: readonly string[]): readonly fc.Arbitrary<Reference>[] {
  const reference = (from: readonly string[], isDeep: boolean): readonly fc.Arbitrary<Reference>[] =>
    from.length === 0
      ? []
      : [counted(fc.constantFrom(...from).map((name) => ({ type: "reference" as const, isDeep, name })))];
  return [...reference(names, false), ...reference(deep, true)];
}

function single(names: Names, depth: number, linkable: Names): fc.Arbitrary<SinglePattern> {
  const plain = node(names, depth, linkable, fc.constant(false));
  if (names.single.length === 0) return plain;
  const named = fc.constantFrom(...names.single).map((name) => ({ type: "reference" as const, isDeep: false, name }));
  return fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: named });
}

function node(names: Names, depth: number, linkable: Names, isDeep: fc.Arbitrary<boolean>): fc.Arbitrary<NodePattern> {
  return fc
    .tuple(head, isDeep, body(names, depth, linkable))
    .map(([top, deep, below]) => ({ ...top, isDeep: deep, ...below }));
}

function group(type: Group["type"], member: fc.Arbitrary<Item>): fc.Arbitrary<Item> {
  return counted(fc.array(member, { minLength: 1, maxLength: 3 }).map((items): Group => ({ type, items })));
}

function counted<T extends Item>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.tuple(arbitrary, fc.option(count, { nil: undefined })).map(([made, times]) => {
    return times === undefined ? made : { ...made, count: times };
  });
}

function definitions(names: Names): fc.Arbitrary<readonly Definition[]> {
  return fc.tuple(
    ...names.all.map((name): fc.Arbitrary<Definition> => {
      const items = names.single.includes(name)
        ? node(names, 2, NO_NAMES, fc.constant(false)).map((only) => [only])
        : fc.array(item(NO_NAMES, 1, NO_NAMES, "definition"), { minLength: 2, maxLength: 3 });
      return items.map((made) => ({ name, items: made }));
    }),
  );
}

/** What uses every definition, and gives `$x` a place in a span that is there. */
function anchors(names: Names): readonly Item[] {
  const join: NodePattern = {
    type: "node",
    isDeep: true,
    kind: "tool",
    predicates: [{ key: "args.id", op: "=", value: { type: "capture", name: "x" } }],
    ...NOTHING,
  };
  return [join, { ...join }, ...names.all.map((name) => ({ type: "reference" as const, isDeep: false, name }))];
}

/** Valid shapes of the whole language, but for included files. */
export const anyShape: fc.Arbitrary<Shape> = fc
  .uniqueArray(fc.constantFrom(...WORDS), { maxLength: 3 })
  .chain((words) =>
    fc.integer({ min: 0, max: words.length }).map((end) => ({ single: words.slice(0, end), all: words })),
  )
  .chain((names) => {
    const top = fc.tuple(item(names, 2, names, "contain"), fc.array(single(names, 1, names), { maxLength: 1 }));
    const trace = top.map(([first, never]): Body => {
      return { list: { mode: "contain", items: [first, ...anchors(names)] }, never, links: [], events: [] };
    });
    const others = fc.array(
      fc.record(
        { list: list(names, 1, names), count, ...fixed() },
        { requiredKeys: ["list", "never", "links", "events"] },
      ),
      { maxLength: 2 },
    );
    const header = fc.record(
      { title: hardText, children: fc.constantFrom<ListMode>("contain", "exactly"), define: definitions(names) },
      { requiredKeys: ["children", "define"] },
    );
    return fc.tuple(header, trace, fc.option(others, { nil: undefined })).map(([before, first, more]): Shape => {
      const start = { ...before, include: [] };
      return more === undefined ? { ...start, trace: first } : { ...start, traces: [first, ...more] };
    });
  });

function fixed(): Record<"never" | "links" | "events", fc.Arbitrary<never[]>> {
  const none = fc.constant<never[]>([]);
  return { never: none, links: none, events: none };
}

/** A shape without the places where its parts were written. */
export function placeless(given: Shape): unknown {
  return JSON.parse(
    JSON.stringify(given, (name, part: unknown) => (name === "at" ? undefined : part === Infinity ? "*" : part)),
  );
}
