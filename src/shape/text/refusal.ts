import type { Fault } from "../../core/errors.ts";
import { definitionsOf, singlesOf, traceBodiesOf } from "../definitions.ts";
import type { Body, Definition, EventPattern, Item, Shape, SinglePattern } from "../pattern.ts";
import { flatItems, placeOf } from "../pattern.ts";
import { captureFaults } from "./capture-refusal.ts";
import { definitionFaults, unknownFaults, unusedFaults } from "./definition-refusal.ts";
import { groupFaults } from "./group-refusal.ts";
import { levelFaults } from "./level-refusal.ts";

/**
 * What a well-written shape may still not say, because it says nothing, contradicts itself or cannot be decided
 * exactly. Both the reader and the builders ask.
 */
export function refusalsOf(shape: Shape): readonly Fault[] {
  return distinct([
    ...emptyFaults(shape),
    ...unknownFaults(shape),
    ...unusedFaults(shape),
    ...captureFaults(shape),
    ...everywhereFaults(shape),
  ]);
}

/** The refusals of what is there, whatever lines may be missing; of unknown names only if `isDefineWhole`. */
export function contentFaults(shape: Shape, isDefineWhole: boolean): readonly Fault[] {
  return distinct([...(isDefineWhole ? unknownFaults(shape) : []), ...everywhereFaults(shape)]);
}

function everywhereFaults(shape: Shape): readonly Fault[] {
  const definitions = definitionsOf(shape);
  const faults: Fault[] = [...definitionFaults(shape)];
  for (const { items } of shape.define) faults.push(...groupFaults(items, definitions));
  for (const body of bodiesOf(shape)) {
    const { list, never, links, events } = body;
    if (list !== undefined) {
      faults.push(...groupFaults(list.items, definitions), ...levelFaults(list, shape));
    }
    for (const pattern of never) faults.push(...sideFaults("never", pattern, definitions));
    for (const pattern of links) faults.push(...sideFaults("link", pattern, definitions));
    for (const event of events) faults.push(...eventFaults(event));
  }
  for (const { links, events } of traceBodiesOf(shape)) {
    for (const side of [...links, ...events]) {
      const word = "type" in side ? "link" : "event";
      const what = `${word}: has no span to speak of here`;
      faults.push({ where: placeOf(side), what, mend: "Put it under a line." });
    }
  }
  return faults;
}

function emptyFaults(shape: Shape): readonly Fault[] {
  const faults: Fault[] = [];
  if ("trace" in shape && isEmpty(shape.trace)) {
    const what = "the shape is empty and would match everything";
    faults.push({ where: placeOf(shape), what, mend: "State at least one span." });
  }
  if ("traces" in shape) {
    if (shape.traces.length === 0) {
      faults.push({ where: placeOf(shape), what: "traces: is empty", mend: "State at least one trace." });
    }
    for (const body of shape.traces.filter(isEmpty)) {
      const what = "this trace is empty and would match every trace";
      faults.push({ where: placeOf(body), what, mend: "State at least one span." });
    }
  }
  for (const definition of shape.define) {
    if (definition.items.length > 0) continue;
    const what = `the definition of <${definition.name}> is empty`;
    faults.push({ where: placeOf(definition), what, mend: "State its items as a list under it." });
  }
  for (const body of bodiesOf(shape)) {
    const { list } = body;
    if (list?.mode === "contain" && list.items.length === 0) {
      const mend = "State its items, or leave it out.";
      faults.push({ where: body.at ?? placeOf(shape), what: "contain is empty", mend });
    }
    for (const item of flatItems(list?.items ?? [])) {
      if (!("items" in item) || item.items.length > 0) continue;
      const mend = "State what stands in it, or leave it out.";
      faults.push({ where: placeOf(item), what: `${item.type} is empty`, mend });
    }
  }
  return faults;
}

function isEmpty({ list, never, links, events }: Body): boolean {
  return list === undefined && never.length === 0 && links.length === 0 && events.length === 0;
}

/** Every body of the traces and definitions, the patterns under `never` and `link` included. */
function* bodiesOf(shape: Shape): Generator<Body & { readonly at?: string }> {
  const bodies: (Body & { readonly at?: string })[] = [...traceBodiesOf(shape)];
  const push = (items: readonly Item[]): void => {
    for (const item of flatItems(items)) if (item.type === "node") bodies.push(item);
  };
  for (const { items } of shape.define) push(items);
  for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
    yield body;
    push([...body.never, ...body.links, ...(body.list?.items ?? [])]);
  }
}

function sideFaults(
  word: "never" | "link",
  pattern: SinglePattern,
  definitions: ReadonlyMap<string, Definition>,
): readonly Fault[] {
  const where = placeOf(pattern);
  const faults: Fault[] = [];
  const [single, other] = singlesOf(pattern, definitions) ?? [];
  if (pattern.isDeep || single?.isDeep === true) {
    const what = word === "never" ? "never looks at any depth already" : "link leads to one span, at whatever depth";
    faults.push({ where, what, mend: "Leave out the //." });
  }
  if (pattern.count !== undefined) {
    const mend = word === "never" ? "Leave the count out, or count the item in the list." : "Leave the count out.";
    faults.push({ where, what: `${word} takes no count`, mend });
  }
  if (pattern.type === "reference" && definitions.has(pattern.name) && (single === undefined || other !== undefined)) {
    const what = `<${pattern.name}> is no single pattern, and ${word}: needs one`;
    faults.push({ where, what, mend: "Write the pattern out here." });
  }
  return faults;
}

function eventFaults(event: EventPattern): readonly Fault[] {
  if (event.name !== undefined || event.predicates.length > 0) return [];
  return [{ where: placeOf(event), what: "event: names nothing", mend: "Name the event, or write * for any." }];
}

/** A definition is looked at wherever it is used, so that one fault may be found more than once. */
function distinct(faults: readonly Fault[]): readonly Fault[] {
  const seen = new Map(faults.map((fault) => [`${fault.where}\n${fault.what}`, fault]));
  return [...seen.values()];
}
