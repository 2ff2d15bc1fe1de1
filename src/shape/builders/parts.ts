import type { Body, Item, ListMode, SinglePattern, Unsaid } from "../pattern.ts";
import { refuse } from "./arguments.ts";
import type { EventBuilder } from "./events.ts";

/** What may stand under a span. */
export type Part = ItemBuilder | SideBuilder | EventBuilder | ModeBuilder;

/** A line, a group or `...`; it makes a new item at each place where it stands. */
export interface ItemBuilder<Made extends Item = Item> {
  readonly part: "item";
  /** The item as it stands in a list of mode `around`. */
  readonly made: (unsaid: Unsaid, around: ListMode) => Made;
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

/** The parts as a body holds them. `contain()` of nothing says nothing, and is no list. @throws TroupeError `SHAPE_INVALID` */
export function bodyOf(parts: readonly Part[], unsaid: Unsaid): Body {
  const { items, block = { part: unsaid.mode, items } } = partsBySort(parts);
  const { part: mode, items: listed } = block;
  const isOpen = listed.length === 0 && (block.items === items || (mode === "contain" && unsaid.mode === "exactly"));
  const sought = { ...unsaid, isTree: false };
  const sides = (word: SideBuilder["part"]): readonly SinglePattern[] =>
    parts.flatMap((part) => (part.part === word ? part.patterns.map(({ made }) => made(sought, unsaid.mode)) : []));
  return {
    ...(isOpen ? {} : { list: { mode, items: listed.map(({ made }) => made(unsaid, mode)) } }),
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
