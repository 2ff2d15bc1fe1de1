import type { Body, Item, ListMode, SinglePattern } from "../pattern.ts";
import { refuse } from "./arguments.ts";
import type { EventBuilder } from "./events.ts";

/** What may stand under a span. */
export type Part = ItemBuilder | SideBuilder | EventBuilder | ModeBuilder;

/** A line, a group or `...`; it makes a new item at each place where it stands. */
export interface ItemBuilder<Made extends Item = Item> {
  readonly part: "item";
  /** The item, `mode` being that of every list in it that names none. */
  readonly inMode: (mode: ListMode) => Made;
}

/** Patterns that no span below may match, or that links must lead to. */
export interface SideBuilder {
  readonly part: "never" | "link";
  readonly patterns: readonly ItemBuilder<SinglePattern>[];
}

/** A list in a mode of its own. */
export interface ModeBuilder {
  readonly part: ListMode;
  readonly items: readonly ItemBuilder[];
}

/** The parts as a body holds them, `mode` being that of every list that names none. @throws TroupeError `SHAPE_INVALID` */
export function bodyOf(parts: readonly Part[], mode: ListMode): Body {
  const { items, block } = partsBySort(parts);
  const sides = (word: SideBuilder["part"]): readonly SinglePattern[] =>
    parts.flatMap((part) => (part.part === word ? part.patterns.map(({ inMode }) => inMode(mode)) : []));
  const list = block ?? (items.length === 0 ? undefined : { part: mode, items });
  return {
    ...(list === undefined ? {} : { list: { mode: list.part, items: list.items.map(({ inMode }) => inMode(mode)) } }),
    never: sides("never"),
    links: sides("link"),
    events: parts.flatMap((part) => (part.part === "event" ? [{ ...part.event }] : [])),
  };
}

/** The items, and the block that holds them if one does. @throws TroupeError `SHAPE_INVALID` where both are given */
export function partsBySort(parts: readonly Part[]): {
  readonly items: readonly ItemBuilder[];
  readonly block?: ModeBuilder;
} {
  const items = parts.filter((part) => part.part === "item");
  const [block, second] = parts.filter(
    (part): part is ModeBuilder => part.part === "exactly" || part.part === "contain",
  );
  if (second !== undefined || (block !== undefined && items.length > 0)) {
    refuse({ what: "items stand beside exactly or contain", mend: "Move all items of this list into it." });
  }
  return { items, ...(block === undefined ? {} : { block }) };
}
