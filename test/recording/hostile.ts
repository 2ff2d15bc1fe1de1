import fc from "fast-check";
import { type Draft, agent, handoff, llm, mcpServer, tool } from "../check/traces.ts";

/** What may break out of a text, a comment, a template, a name of a file or an object. */
const BREAKS = [
  '"',
  "'",
  "`",
  "${process.exit(9)}",
  "\n",
  "\r\n",
  "\u2028",
  "\u2029",
  "\\",
  '\\"',
  "*/",
  "/*",
  "//",
  "<!--",
  "</script>",
  "../",
  "../../../etc/passwd",
  "__proto__",
  "constructor",
  "\0",
  "\u001b[2J",
  "\ud800",
  "\u202e",
  "",
  " ",
  "a".repeat(5000),
  '"); process.exit(9); ("',
  '" with { type: "json" };\nprocess.exit(9);',
];

/** A name or a text of somebody who means no good. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...BREAKS), fc.string({ maxLength: 5 })), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(""));

const args = fc.dictionary(hostileText, fc.oneof(hostileText, fc.jsonValue({ maxDepth: 2 })), { maxKeys: 3 });

/** A trace in which every name, text and key is hostile. */
export const hostileTrace: fc.Arbitrary<Draft> = fc
  .record({ name: hostileText, other: hostileText, model: hostileText, server: hostileText, args, said: hostileText })
  .map(({ name, other, model, server, args: given, said }) => {
    const messages = (role: string, text: string): string =>
      JSON.stringify([{ role, parts: [{ type: "text", content: text }] }]);
    const asked = llm(model, 1, 2, { service: server });
    const spoken = {
      ...asked,
      attributes: {
        ...asked.attributes,
        "gen_ai.input.messages": messages("user", said),
        "gen_ai.output.messages": messages("assistant", said),
        [said]: said,
      },
    };
    const called = tool(name, given, [mcpServer("tools/call", name, server)], { error: said });
    const answered = { ...called, attributes: { ...called.attributes, "gen_ai.tool.call.result": said } };
    return agent(name, [spoken, answered, handoff(name, other, [agent(other, [tool(other, given)])])]);
  });
