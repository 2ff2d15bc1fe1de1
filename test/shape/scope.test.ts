import { expect, test } from "vitest";
import { printItemLine } from "../../src/shape/print.ts";
import { captureScopes } from "../../src/shape/scope.ts";
import { parseShape } from "../../src/shape/text/parse.ts";

function scopesOf(text: string): readonly string[] {
  return captureScopes(parseShape(text, "f.yaml")).map(({ names, owner }) => {
    return `${names.join(" ")} of ${owner === undefined ? "the whole shape" : printItemLine(owner)}`;
  });
}

test.for<readonly [says: string, text: string, ...scopes: readonly string[]]>([
  ["no captures, no scopes", "- llm\n"],
  [
    "a capture used in two places of the trace is of the whole shape",
    "- //tool lookup {args.order = $order}\n- //tool refund {args.order = $order}\n",
    "order of the whole shape",
  ],
  [
    "traces are joined",
    "traces:\n  - trace:\n      - a2a.client {span.id = $id}\n  - trace x2:\n      - a2a.server:\n          - link: a2a.client {span.id = $id}\n",
    "id of the whole shape",
  ],
  [
    "a use in a counted trace joins its traces by itself",
    "traces:\n  - trace x3:\n      - agent {gen_ai.conversation.id = $conversation}\n",
    "conversation of the whole shape",
  ],
  [
    "a counted line that holds all uses has a value of its own each time",
    "- turn x1..*:\n    - tool {a = $x}\n    - //llm {b = $x}\n",
    "x of turn x1..*",
  ],
  [
    "the smallest counted line is the scope, its own head included",
    "- turn x2:\n    - agent x1:\n        - tool {a = $x} x3:\n            - llm {b = $x}\n",
    "x of tool {a = $x} x3",
  ],
  ["an uncounted line is no scope", "- agent:\n    - tool {a = $x}:\n        - llm {b = $x}\n", "x of the whole shape"],
  [
    "a use outside widens the scope",
    "- turn x1..*:\n    - tool {a = $x}\n    - tool {a = $x, b = $y}\n    - llm {b = $y}\n- llm {a = $x}\n",
    "x of the whole shape",
    "y of turn x1..*",
  ],
  [
    "a definition of one line is a scope",
    "define:\n  call:\n    - tool {id = $id}:\n        - mcp.server {id = $id}\ntrace:\n  - in-order x2: [<call>, <call>]\n",
    "id of tool {id = $id}",
  ],
  [
    "a counted line inside a definition of several is a scope",
    "define:\n  pair:\n    - llm\n    - tool {id = $id} x1:\n        - mcp.server {id = $id}\ntrace:\n  - <pair>\n",
    "id of tool {id = $id} x1",
  ],
  [
    "a definition that shares a capture with the trace is joined with it",
    "define:\n  call: ['tool {id = $id}']\ntrace:\n  - llm {id = $id}\n  - <call> x2\n",
    "id of the whole shape",
  ],
  [
    "a counted line inside a repeated group is a scope",
    "- in-order x2:\n    - tool {a = $x} x1:\n        - llm {b = $x}\n",
    "x of tool {a = $x} x1",
  ],
  [
    "a use under never counts where another is asked for",
    "- agent x1..*:\n    - tool {a = $x}\n    - never: llm {b = $x}\n    - event: e {c = $x}\n",
    "x of agent x1..*",
  ],
  [
    "three may share a scope, and another scope may have as many",
    "- tool {a = $a, b = $b, c = $c}\n- tool {a = $a, b = $b, c = $c}\n- turn x1:\n    - llm {d = $d, e = $e}\n    - llm {d = $d, e = $e}\n",
    "a b c of the whole shape",
    "d e of turn x1",
  ],
])("%s", ([, text, ...scopes]) => {
  expect(scopesOf(text)).toEqual(scopes);
});

test("a definition of an included file that nobody uses has no say", () => {
  const text = "include: lib.yaml\ntrace:\n  - tool {a = $x}\n  - tool {b = $x}\n";
  const shape = parseShape(text, "f.yaml", () => "define:\n  unused:\n    - llm {c = $x, d = $y}\n");
  expect(captureScopes(shape)).toEqual([{ names: ["x"], owner: undefined }]);
});
