import * as fc from "fast-check";
import { expect, test } from "vitest";
import { withComments } from "../../src/shape/text/comments.ts";

test("a comment stays above or behind its line, wherever that is indented now", () => {
  const old = "# top\n\n- agent a: # one\n  # two\n  # three\n  - llm m # four\n";
  expect(withComments(old, "- agent a:\n    - tool x\n    - llm m\n")).toEqual({
    text: "# top\n\n- agent a: # one\n    - tool x\n    # two\n    # three\n    - llm m # four\n",
    lost: 0,
  });
});

test("of lines that read alike each keeps its own, under the lines that it stood under", () => {
  const old = "- agent a:\n    - llm # first\n    - llm # second\n- agent b:\n    - llm # third\n";
  expect(withComments(old, "- agent b:\n    - llm\n- agent a:\n    - llm\n    - llm\n    - llm\n").text).toBe(
    "- agent b:\n    - llm # third\n- agent a:\n    - llm # first\n    - llm # second\n    - llm\n",
  );
});

test("a comment follows its line to another place, if only one line reads like it", () => {
  expect(withComments("- tool x # why\n", "- agent a:\n    - tool x\n").text).toBe("- agent a:\n    - tool x # why\n");
  expect(withComments("- tool x # why\n", "- agent a:\n    - tool x\n    - tool x\n").lost).toBe(1);
});

test("comments of lines that are gone are counted", () => {
  const old = "- agent a:\n    # one\n    # two\n    - tool gone # three\n    - llm\n";
  expect(withComments(old, "- agent a:\n    - llm\n")).toEqual({ text: "- agent a:\n    - llm\n", lost: 3 });
});

test("what looks like a comment inside of quotes is none, and windows' line ends are no part of one", () => {
  const old = "- 'tool x {msg = \"a # b\"}': # why\r\n    - llm\r\n";
  expect(withComments(old, "- 'tool x {msg = \"a # b\"}':\n    - llm\n").text).toBe(
    "- 'tool x {msg = \"a # b\"}': # why\n    - llm\n",
  );
});

test("a text without comments gives the fresh one, and one with comments again gives itself", () => {
  const names = fc.constantFrom("agent a", "llm", "tool x", "tool y");
  const lines = fc.array(fc.record({ name: names, depth: fc.nat(2), above: fc.boolean(), behind: fc.boolean() }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(lines, (drawn) => {
      const depths: number[] = [];
      for (const { depth } of drawn) depths.push(Math.min(depth, (depths.at(-1) ?? -1) + 1));
      const rows = drawn.map(({ name, above, behind }, index) => {
        const depth = depths[index] ?? 0;
        const indent = "    ".repeat(depth);
        const line = `${indent}- ${name}${(depths[index + 1] ?? 0) > depth ? ":" : ""}`;
        return { above: above ? `${indent}# above ${index}\n` : "", line, behind: behind ? ` # behind ${index}` : "" };
      });
      const bare = rows.map(({ line }) => `${line}\n`).join("");
      const commented = rows.map(({ above, line, behind }) => `${above}${line}${behind}\n`).join("");
      expect(withComments(bare, bare)).toEqual({ text: bare, lost: 0 });
      expect(withComments(commented, bare)).toEqual({ text: commented, lost: 0 });
    }),
  );
});
