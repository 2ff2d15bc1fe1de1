import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { SAMPLES } from "../format/samples.ts";
import { readTraceFile } from "../../src/format/read.ts";
import { meaningOf } from "../../src/trace/dialects.ts";
import type { Meaning } from "../../src/trace/kinds.ts";
import type { Span } from "../../src/trace/span.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { preorder } from "../../src/trace/walk.ts";
import { writtenMeaning } from "../../src/trace/written.ts";

const STORIES = "scenarios/stories";

const texts = [
  ...Object.values(SAMPLES).map(({ text }) => text),
  ...readdirSync(STORIES)
    .filter((file) => file.endsWith(".trace.jsonl"))
    .map((file) => readFileSync(`${STORIES}/${file}`, "utf8")),
];

/** What nobody asks for in a tree that was written down. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "dialect",
  "session",
  "user",
  "cacheReadTokens",
  "cacheWriteTokens",
  "reasoningTokens",
]);

function kept(meaning: Meaning): unknown {
  return Object.fromEntries(Object.entries(meaning).filter(([field]) => !LEFT_OUT.has(field)));
}

test.for(texts.map((text, index) => ({ text, index })))(
  "meanings of sample $index are read as they were written",
  ({ text }) => {
    for (const { span, meaning } of preorder(
      buildTrees(readTraceFile(text, "sample").spans).flatMap(({ roots }) => roots),
    )) {
      const { name, attributes } = writtenMeaning(meaning);
      const again: Span = { ...span, name, attributes, events: [] };
      expect(kept(meaningOf(again))).toEqual(kept({ ...meaning, isHarness: false }));
    }
  },
);
