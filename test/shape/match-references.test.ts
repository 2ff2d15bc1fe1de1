import { expect, test } from "vitest";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import type { Sketch } from "./sketch.ts";
import { sketch, treeOf } from "./sketch.ts";

const WORKER = `define:
  worker:
    - agent:
        - exactly:
            - in-order x1..*:
                - llm
                - one-of: [tool x0..*, <worker>]
trace:
  - <worker>
`;

const ROUND = "define:\n  round: [llm, tool x0..*]\n";
const ONE = "define:\n  one: [tool b]\n";
const EITHER = "define:\n  either:\n    - one-of: [tool a, tool b]\n";

test.for<readonly [shape: string, tree: string, verdict: "matched" | "mismatched"]>([
  [WORKER, "agent a(llm, agent b(llm, agent c(llm)), llm)", "matched"],
  [WORKER, "agent a(llm, agent b(agent c(llm)), llm)", "mismatched"],
  [WORKER, "agent a(llm, tool x(agent b), llm)", "matched"],
  [`${ROUND}trace:\n  - exactly:\n      - <round> x2\n      - agent\n`, "llm, tool, tool, llm, agent", "matched"],
  [`${ROUND}trace:\n  - exactly:\n      - <round> x2\n      - agent\n`, "llm, tool, tool, agent, llm", "mismatched"],
  [`${ROUND}trace:\n  - exactly:\n      - <round> x2\n      - agent\n`, "llm, tool, agent", "mismatched"],
  [`${EITHER}trace:\n  - any-order:\n      - <either> x2\n      - llm\n`, "tool a, llm, tool b", "matched"],
  [`${EITHER}trace:\n  - any-order:\n      - <either> x2\n      - llm\n`, "tool a, llm, tool b, tool b", "mismatched"],
  [`${EITHER}trace:\n  - sequence: [<either>, <either>]\n`, "tool a 0-2, tool b 1-3", "mismatched"],
  [`${EITHER}trace:\n  - sequence: [<either>, <either>]\n`, "tool a 0-2, tool b 2-3", "matched"],
  [`${EITHER}trace:\n  - parallel: [<either>, <either>]\n`, "tool a 0-2, tool b 1-3", "matched"],
  [`${ONE}trace:\n  - //<one>\n`, "agent(agent(tool b))", "matched"],
  [`${ONE}trace:\n  - //<one> x2\n`, "agent(tool b, agent(tool b))", "matched"],
  [`${ONE}trace:\n  - //<one> x2\n`, "agent(tool b, agent(tool b, tool b))", "mismatched"],
  [`${ONE}trace:\n  - agent:\n      - never: <one>\n`, "agent(llm(tool b))", "mismatched"],
  [`${ONE}trace:\n  - agent:\n      - never: <one>\n`, "agent(llm(tool c))", "matched"],
])("%j and %s", ([shape, tree, verdict]) => {
  expect(matchShape(parseShape(shape, "f.yaml"), [sketch(tree)]).verdict).toBe(verdict);
});

test("a recursive definition goes down 20,000 levels", () => {
  let worker: Sketch = { kind: "agent", start: 0, children: [{ kind: "llm", start: 0 }] };
  for (let level = 0; level < 20_000; level++) {
    worker = {
      kind: "agent",
      start: 0,
      children: [
        { kind: "llm", start: 0 },
        { ...worker, start: 1 },
      ],
    };
  }
  expect(matchShape(parseShape(WORKER, "f.yaml"), [treeOf([worker])]).verdict).toBe("matched");
});
