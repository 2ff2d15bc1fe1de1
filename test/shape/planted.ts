import { randomStream } from "../../src/core/random.ts";
import type { Kind } from "../../src/trace/kinds.ts";
import type { Tree } from "../../src/trace/tree.ts";
import type { Sketch } from "./sketch.ts";
import { treeOf } from "./sketch.ts";

interface Growing {
  readonly kind: Kind;
  name: string;
  parent: Growing | undefined;
  readonly children: Growing[];
}

/** How many edits of each kind to plant. */
export interface Edits {
  readonly removed: number;
  readonly renamed: number;
  readonly moved: number;
  readonly added: number;
}

/**
 * A repetitive trace of about `spans` spans, turns of agents that call a model and a few tools, and the same with edits
 * planted at seeded places, none inside of another. Ids and times differ everywhere.
 */
export function planted(spans: number, edits: Edits, seed: number): { readonly before: Tree; readonly after: Tree } {
  const random = randomStream(seed, "planted");
  const root = newNode("workflow", "w", undefined);
  let count = 1;
  for (let turn = 1; count < spans; turn++) {
    const top = newNode("turn", String(turn), root);
    count++;
    for (const name of ["triage", "billing", "shipping"].slice(0, random.integer(1, 3))) {
      const agent = newNode("agent", name, top);
      count++;
      for (let step = random.integer(2, 12); step > 0; step--, count += 3) {
        newNode("llm", "model", agent);
        newNode("mcp.server", "tools/call", newNode("tool", `tool_${random.integer(1, 6)}`, agent));
      }
    }
  }
  const before = treeOf([sketchOf(root)], "before", 1);
  const all = [...preorder(root)].filter(({ kind }) => kind !== "workflow");
  const touched = new Set<Growing>();
  const isFree = (node: Growing): boolean => {
    for (let at: Growing | undefined = node; at !== undefined; at = at.parent) if (touched.has(at)) return false;
    return [...preorder(node)].every((each) => !touched.has(each));
  };
  const pick = (isWanted: (node: Growing) => boolean): Growing => {
    for (;;) {
      const node = random.pick(all);
      if (!isWanted(node) || !isFree(node)) continue;
      touched.add(node);
      return node;
    }
  };
  for (let index = 0; index < edits.removed; index++) detach(pick(({ kind }) => kind !== "mcp.server"));
  for (let index = 0; index < edits.renamed; index++)
    pick(({ kind }) => kind === "tool" || kind === "agent").name = `renamed_${index}`;
  for (let index = 0; index < edits.moved; index++) {
    const moving = pick(({ kind }) => kind === "tool" || kind === "agent");
    const target = pick((node) => node.kind === (moving.kind === "tool" ? "agent" : "turn") && node !== moving.parent);
    detach(moving);
    attach(moving, target, random.integer(0, target.children.length));
  }
  for (let index = 0; index < edits.added; index++) {
    const target = pick(({ kind }) => kind === "agent");
    const added = newNode("tool", `added_${index}`, undefined);
    attach(added, target, random.integer(0, target.children.length));
    newNode("mcp.server", "tools/call", added);
  }
  return { before, after: treeOf([sketchOf(root, 1_000)], "after", 1_000_000) };
}

function newNode(kind: Kind, name: string, parent: Growing | undefined): Growing {
  const node = { kind, name, parent, children: [] };
  parent?.children.push(node);
  return node;
}

function detach(node: Growing): void {
  node.parent?.children.splice(node.parent.children.indexOf(node), 1);
}

function attach(node: Growing, parent: Growing, index: number): void {
  parent.children.splice(index, 0, node);
  node.parent = parent;
}

function* preorder(root: Growing): Generator<Growing> {
  yield root;
  for (const child of root.children) yield* preorder(child);
}

function sketchOf(node: Growing, from = 0): Sketch {
  let clock = from;
  const grow = ({ kind, name, children }: Growing): Sketch => {
    const start = clock++;
    const under = children.map(grow);
    return { kind, name, start, end: clock++, children: under };
  };
  return grow(node);
}
