import { sameCalls, toolCallsOf } from "../tool-calls.ts";
import { many, type Rule, ruleOf, type Sighting } from "./rule.ts";
import { faultsOf, schemasOf } from "./tool-schemas.ts";

const ARGUMENTS_SHOWN_MAX = 120;

/** Whether tools are called with sense. */
export const CALL_RULES: readonly Rule[] = [
  ruleOf({
    name: "repeated-tool-call",
    level: "warning",
    reason:
      "An agent that asks the same thing again and again gets the same answer: it loops, and pays for every round.",
    mend: "Let the tool's answer say what to do instead, limit the rounds, and keep earlier answers in the context.",
    thresholds: { callsMax: 3 },
    find: ({ tree }, { callsMax }) =>
      sameCalls(toolCallsOf([tree])).flatMap((calls): Sighting[] => {
        const [first] = calls;
        const beyond = calls[callsMax];
        const input = first?.node.meaning.arguments;
        // Calls whose input was not recorded may be different ones.
        if (first === undefined || beyond === undefined || input === undefined) return [];
        const caller = first.agent === undefined ? "" : ` by agent ${first.agent}`;
        const seen = `called ${many(calls.length, "time")}${caller} with the same input ${cut(input)}`;
        return [{ node: beyond.node, seen }];
      }),
  }),
  ruleOf({
    name: "tool-arguments-invalid",
    level: "error",
    reason:
      "Arguments that do not fit the schema which the model was given make the tool fail, or do what nobody meant.",
    mend: "Give the tool a clearer schema with descriptions and examples, turn strict mode on, or validate before the call.",
    thresholds: {},
    find: ({ tree, nodes }) => {
      const schemas = schemasOf(nodes);
      if (schemas.size === 0) return [];
      return toolCallsOf([tree]).flatMap(({ node, tool }): Sighting[] => {
        const faults = faultsOf(schemas.get(tool) ?? [], node.meaning.arguments);
        return faults.length === 0 ? [] : [{ node, seen: `the arguments do not fit: ${faults.join("; ")}` }];
      });
    },
  }),
];

function cut(text: string): string {
  return text.length <= ARGUMENTS_SHOWN_MAX ? text : `${text.slice(0, ARGUMENTS_SHOWN_MAX)}…`;
}
