import type { ModelAnswer, ModelRequest, ModelRule } from "./model.ts";
import { valueOf } from "./schema-value.ts";

interface RandomAnswers {
  /** How often it may call tools before it says something. Default 3. */
  readonly callingMax?: number;
  /** How many tools it may call at once. Default 2. */
  readonly callsMax?: number;
  /** What it says in the end. Default "Done."; where the request asks for JSON, it says a value that its schema allows. */
  readonly say?: string;
}

const DEFAULTS = { callingMax: 3, callsMax: 2, say: "Done." } as const;

/**
 * An answer for a rule: calls of the offered tools by chance, with arguments that their schemas allow, and words in the end.
 * What the request says of the choice of tools and of parallel calls is obeyed.
 *
 *     scriptedModel("monkey", [{ answer: randomAnswers() }])
 *
 * The answer throws where a schema has a keyword from which no value can be made, with its name.
 */
export function randomAnswers(options: RandomAnswers = {}): Extract<ModelRule["answer"], Function> {
  const { callingMax, callsMax, say } = { ...DEFAULTS, ...options };
  return (conversation, request): ModelAnswer => {
    const { tools, toolChoice, random, format, isParallel } = request;
    const answered = conversation.slice(conversation.findLastIndex(({ role }) => role === "user") + 1);
    const calling = answered.filter(({ role }) => role === "assistant").length;
    const mayCall = tools.length > 0 && toolChoice !== "none";
    const mustCall = mayCall && toolChoice !== "auto";
    if (!mustCall && (!mayCall || calling >= callingMax || random.chance(1 / (callingMax + 1))))
      return { say: format === undefined ? say : JSON.stringify(valueOf(format, random)) };
    const count = isParallel ? random.integer(1, Math.max(1, callsMax)) : 1;
    return { call: Array.from({ length: count }, () => callOf(request)) };
  };
}

function callOf({ tools, toolChoice, random }: ModelRequest): NonNullable<ModelAnswer["call"]>[number] {
  const wanted = typeof toolChoice === "string" ? tools : tools.filter(({ name }) => name === toolChoice.tool);
  const [tool] = wanted.length > 0 ? [random.pick(wanted)] : [];
  if (tool === undefined) throw new Error("the request wants a tool called that it does not offer");
  const value = valueOf({ type: "object", ...tool.schema }, random);
  return { tool: tool.name, arguments: Object(value) };
}
