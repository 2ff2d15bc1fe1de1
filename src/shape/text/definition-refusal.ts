import type { Fault } from "../../core/errors.ts";
import { nearestWord } from "../../core/errors.ts";
import type { FoundReference } from "../definitions.ts";
import { definitionsOf, partsOf, reachedDefinitions, referencesIn, traceBodiesOf } from "../definitions.ts";
import type { Definition, Shape } from "../pattern.ts";
import { placeOf } from "../pattern.ts";

/** What is wrong with definitions as a whole: names that are taken, and recursion without an end. */
export function definitionFaults(shape: Shape): readonly Fault[] {
  return [...nameFaults(shape), ...recursionFaults(shape)];
}

/** Own definitions that no trace leads to. */
export function unusedFaults(shape: Shape): readonly Fault[] {
  const reached = new Set(reachedDefinitions(shape).map(({ name }) => name));
  return shape.define
    .filter(({ name, from }) => from === undefined && !reached.has(name))
    .map((definition) => {
      const what = `no trace leads to <${definition.name}>`;
      return { where: placeOf(definition), what, mend: "Use it, or leave its definition out." };
    });
}

/** Uses of names that nothing defines. */
export function unknownFaults(shape: Shape): readonly Fault[] {
  const names = new Set(shape.define.map(({ name }) => name));
  const roots = [...traceBodiesOf(shape).map(partsOf), ...shape.define.map(({ items }) => items)];
  return roots
    .flatMap((items) => [...referencesIn(items)])
    .filter(({ reference }) => !names.has(reference.name))
    .map(({ reference }) => {
      const nearest = nearestWord(reference.name, names);
      const known = names.size === 0 ? "Nothing is defined" : `Defined are ${Array.from(names, bracketed).join(", ")}`;
      return {
        where: placeOf(reference),
        what: `unknown ${bracketed(reference.name)}`,
        mend: `${nearest === undefined ? "" : `Did you mean ${bracketed(nearest)}? `}${known}; add it under define:.`,
      };
    });
}

function nameFaults(shape: Shape): readonly Fault[] {
  const faults: Fault[] = [];
  const first = new Map<string, Definition>();
  for (const definition of shape.define) {
    const { name, from } = definition;
    const known = first.get(name);
    if (known === undefined) {
      first.set(name, definition);
      continue;
    }
    // The own one is what the reader can mend.
    const isOwn = known.from === undefined && from !== undefined;
    faults.push({
      where: placeOf(isOwn ? known : definition),
      what: `<${name}> is defined twice, also at ${placeOf(isOwn ? definition : known)}`,
      mend: "Give one of them another name.",
    });
  }
  return faults;
}

function recursionFaults(shape: Shape): readonly Fault[] {
  const references = new Map(shape.define.map((definition) => [definition, [...referencesIn(definition.items)]]));
  const definitions = definitionsOf(shape);
  const reach = (isEdge: (found: FoundReference) => boolean): ReadonlyMap<Definition, ReadonlySet<Definition>> => {
    const next = (from: Definition): readonly Definition[] => {
      const found = (references.get(from) ?? []).filter(isEdge);
      return found.flatMap(({ reference }) => definitions.get(reference.name) ?? []);
    };
    return new Map(shape.define.map((definition) => [definition, reachedFrom(definition, next)]));
  };
  const level = reach(({ isBelow }) => !isBelow);
  const anyhow = reach(() => true);
  const faults: Fault[] = [];
  const blamed = new Set<Definition>();
  for (const [definition, found] of references) {
    for (const { reference, isBelow, isLinked } of found) {
      const target = definitions.get(reference.name);
      if (target === undefined) continue;
      const where = placeOf(reference);
      if (isLinked && isOnWay(target, definition, anyhow)) {
        const what = `${bracketed(definition.name)} reaches itself through link:, and links may form circles`;
        faults.push({ where, what, mend: "Link to a pattern that does not lead back." });
      } else if (!isBelow && isOnWay(target, definition, level) && !blamed.has(definition)) {
        // One fault a circle, however many definitions are in it.
        for (const other of level.get(definition) ?? []) if (isOnWay(other, definition, level)) blamed.add(other);
        const what = `${bracketed(definition.name)} reaches itself without going down a level`;
        faults.push({ where, what, mend: "Put it under a line of the definition." });
      }
    }
  }
  return faults;
}

function reachedFrom(start: Definition, next: (from: Definition) => readonly Definition[]): ReadonlySet<Definition> {
  const reached = new Set<Definition>();
  const stack = [...next(start)];
  for (let definition = stack.pop(); definition !== undefined; definition = stack.pop()) {
    if (reached.has(definition)) continue;
    reached.add(definition);
    stack.push(...next(definition));
  }
  return reached;
}

function isOnWay(from: Definition, to: Definition, reach: ReadonlyMap<Definition, ReadonlySet<Definition>>): boolean {
  return from === to || reach.get(from)?.has(to) === true;
}

function bracketed(name: string): string {
  return `<${name}>`;
}
