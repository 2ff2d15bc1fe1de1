import { expect, test } from "vitest";
import { diffJson } from "../../src/report/diff-json.ts";
import { showJson } from "../../src/report/json.ts";
import { diffSchema } from "../../src/report/json-schema.ts";
import { diffTrees } from "../../src/shape/diff/diff.ts";
import { sketch } from "../shape/sketch.ts";

const SHOWN = showJson("otlp-json", [], []);

test("every kind of operation is valid by the schema, with its keys in the promised order", () => {
  const before = sketch(
    "workflow w(agent a(llm, tool b(mcp.server m), tool c), agent d(tool e, tool f), chain g(tool h(tool i)), tool o, tool p)",
  );
  const after = sketch(
    "workflow w(agent a(llm, tool x, tool c {k=1}), agent d(tool b(mcp.server m), tool e, tool g), tool h(tool i), tool p, tool o)",
  );
  const document = diffJson(SHOWN, SHOWN, diffTrees([before], [after]));
  expect(diffSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  expect(Object.keys(document)).toEqual(["equal", "before", "after", "traces", "operations"]);
  const keys = new Map(document.operations.map((operation) => [operation.kind, Object.keys(operation).join(" ")]));
  expect(Object.fromEntries(keys)).toEqual({
    removed: "kind before from size around",
    added: "kind after to size around",
    moved: "kind before after from to size changed",
    reordered: "kind before after from to",
    renamed: "kind before after",
    changed: "kind before after changes",
  });
});
