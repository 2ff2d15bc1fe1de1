import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { writeOtlpJson } from "../src/format/otlp-write.ts";
import type { SpanNode } from "../src/trace/tree.ts";
import { preorder } from "../src/trace/walk.ts";
import { newFolder } from "./cli/files.ts";
import { troupe } from "./cli/run-program.ts";
import { sketch } from "./shape/sketch.ts";
import { agent, chat, tool } from "./trace/spans.ts";

const fences = [...readFileSync("docs/mine.md", "utf8").matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
const EPOCH = 1_735_689_600_000_000_000n;

/** The traces of a listing, each line of it `count × tree`, as OTLP JSON. Every span takes 10 ms, and ids count up. */
function jsonl(listing: readonly string[], file: string): string {
  let trace = 0;
  return listing
    .flatMap((line) => {
      const [, count = "", tree = ""] = /^(\d+) × (.*)$/.exec(line) ?? [];
      return Array.from({ length: Number(count) }, () => otlpLine(tree, `${file.slice(0, 3)}-${++trace}`, trace));
    })
    .join("\n");
}

function otlpLine(tree: string, traceId: string, number: number): string {
  const { roots } = sketch(tree);
  const ends = new Map<SpanNode, number>();
  let clock = 0;
  const starts = new Map<SpanNode, number>();
  for (const node of preorder(roots)) starts.set(node, clock++);
  for (const node of preorder(roots).toReversed())
    ends.set(node, Math.max((starts.get(node) ?? 0) + 1, ...node.children.map((child) => ends.get(child) ?? 0)));
  return writeOtlpJson(
    preorder(roots).map((node) => ({
      ...node.span,
      traceId,
      startTimeUnixNano: EPOCH + BigInt(number) * 1_000_000_000n + BigInt(starts.get(node) ?? 0) * 10_000_000n,
      endTimeUnixNano: EPOCH + BigInt(number) * 1_000_000_000n + BigInt(ends.get(node) ?? 0) * 10_000_000n,
      attributes: attributesOf(node),
    })),
  );
}

function attributesOf({ meaning: { kind, name } }: SpanNode): ReturnType<typeof agent> {
  if (kind === "agent") return agent(name);
  return kind === "tool" ? tool(name) : { ...chat(200, 20), "gen_ai.request.model": name };
}

test("the examples of the page on mining print what stands there", async () => {
  const folder = await newFolder();
  for (const [, language, text = ""] of fences) {
    const [first = "", ...rest] = text.trimEnd().split("\n");
    if (language === "text") await folder.write(first, jsonl(rest, first));
    if (language !== "console") continue;
    for (const example of text.trimEnd().split(/^\$ /m).slice(1)) {
      const [command = "", ...printed] = example.trimEnd().split("\n");
      const words = command.split(" ").map((word) => (/\.jsonl?$/.test(word) ? `${folder.path}/${word}` : word));
      const { code, out, err } = await troupe(...words.slice(1));
      const shown = `${err}${out}`.replaceAll(`${folder.path}/`, "").trimEnd().split("\n");
      expect([code, command, ...shown]).toEqual([0, command, ...printed]);
    }
  }
});
