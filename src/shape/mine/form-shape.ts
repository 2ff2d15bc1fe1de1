import type { TextTest } from "../pattern.ts";
import type { Count, Item, NodePattern, Shape } from "../pattern.ts";
import { printShape } from "../print.ts";
import type { Bunch, Entry, Form, FormList, Piece } from "./form.ts";

/** Lines of a shape at most; a list that does not fit any more is `...`. */
const LINES_MAX = 200;
const LENGTH_MAX = 20_000;

/**
 * The form of a trace as the text of a shape, which every trace of that form matches. A list that would make the text too
 * long is `...`, which says nothing.
 */
export function shapeTextOf(list: FormList): string {
  const text = printShape(shapeOf(list, LINES_MAX));
  return text.length <= LENGTH_MAX ? text : printShape(shapeOf(list, 0));
}

/** A list on its way to items. */
interface Job {
  readonly list: FormList;
  readonly service: TextTest | undefined;
  items: readonly Item[];
}

function shapeOf(list: FormList, linesMax: number): Shape {
  const top: Job = { list, service: undefined, items: [] };
  const jobs = [top];
  const jobOf = new Map<Form, Job>();
  const told = new Set<Job>();
  let lines = 0;
  // Grows as it goes, so that what stands high up is told first; read backwards, what is below is done before its line.
  for (const job of jobs) {
    const forms = job.list.pieces.flatMap(bunchesIn).flatMap(({ entries }) => entries.flatMap(({ ways }) => ways));
    if (lines + forms.length > linesMax) continue;
    lines += forms.length;
    told.add(job);
    for (const form of forms) {
      if (form.below.pieces.length === 0) continue;
      const below: Job = { list: form.below, service: form.head.service, items: [] };
      jobOf.set(form, below);
      jobs.push(below);
    }
  }
  for (const job of jobs.toReversed()) {
    const itemOf = (form: Form): NodePattern => nodeOf(form, job.service, jobOf.get(form)?.items ?? []);
    job.items = told.has(job) ? job.list.pieces.map((piece) => pieceItem(piece, itemOf)) : [{ type: "rest" }];
  }
  const body = { list: { mode: "exactly", items: top.items }, never: [], links: [], events: [] } as const;
  return { children: "exactly", include: [], define: [], trace: body };
}

function bunchesIn(piece: Piece): readonly Bunch[] {
  return piece.type === "loop" ? piece.body : [piece];
}

type ItemOf = (form: Form) => NodePattern;

function pieceItem(piece: Piece, itemOf: ItemOf): Item {
  if (piece.type === "bunch") return bunchItem(piece, itemOf);
  const items = piece.body.map((bunch) => bunchItem(bunch, itemOf));
  const [only, second] = items;
  if (only?.type === "any-order" && second === undefined) return { ...only, ...counted(piece.rounds) };
  return { type: "in-order", items, ...counted(piece.rounds) };
}

function bunchItem({ entries }: Bunch, itemOf: ItemOf): Item {
  const items = entries.map((entry) => entryItem(entry, itemOf));
  const [only, second] = items;
  return only !== undefined && second === undefined ? only : { type: "any-order", items };
}

function entryItem({ ways, times }: Entry, itemOf: ItemOf): Item {
  const items = ways.map(itemOf);
  const [only, second] = items;
  if (only !== undefined && second === undefined) return { ...only, ...counted(times) };
  return { type: "one-of", items, ...counted(times) };
}

function counted(count: Count): { readonly count?: Count } {
  return count.min === 1 && count.max === 1 ? {} : { count };
}

function nodeOf(
  { head: { kind, name, service }, isError }: Form,
  around: TextTest | undefined,
  items: readonly Item[],
): NodePattern {
  const isSame = JSON.stringify(service) === JSON.stringify(around);
  return {
    type: "node",
    isDeep: false,
    kind,
    name,
    ...(service === undefined || isSame ? {} : { service }),
    predicates: isError ? [{ key: "status", op: "=", value: { type: "word", text: "error" } }] : [],
    list: { mode: "exactly", items },
    never: [],
    links: [],
    events: [],
  };
}
