import type { Fields } from "./fields.ts";
import type { Kind } from "../kinds.ts";

/** The agents of a handoff. `from` is "" where the span itself does not say: the tree then knows. */
export interface HandoffEnds {
  readonly from: string;
  readonly to: string;
}

const TRANSFER_TOOL = /^(?:execute_tool\s+)?(?:transfer|hand[_ -]?off)(?:[_ ]back)?[_ ]to[_ ](.+?)(?:\.tool)?$/i;
/** The tool with which Google ADK hands off to whomever its argument names. */
const TRANSFER_BY_ARGUMENT = /^transfer_to_agent$/i;
const TARGET_KEYS = ["to_agent", "agent_name", "agentName", "target_agent"];
const SOURCE_KEYS = ["from_agent", "source_agent"];

/** Kinds under which one dialect or another writes a handoff. */
const DISGUISES: ReadonlySet<Kind> = new Set<Kind>(["handoff", "tool", "chain", "span"]);

/** Who hands off to whom, if the span is a handoff: by its attributes, or as a tool named `transfer_to_X`; and which told. */
export function handoffOf(
  kind: Kind,
  toolName: string,
  { text }: Fields,
): { readonly ends: HandoffEnds; readonly by: string } | undefined {
  if (!DISGUISES.has(kind)) return undefined;
  const source = text.handoffFrom ?? "";
  if (text.handoffTo !== undefined) {
    return { ends: { from: source || (text.agent ?? ""), to: text.handoffTo }, by: "the field handoffTo" };
  }
  if (kind !== "tool" && kind !== "handoff") return undefined;
  const named = TRANSFER_TOOL.exec(toolName)?.[1];
  if (named === undefined) return undefined;
  const [input, output] = [objectIn(text.arguments), objectIn(text.result)];
  const to = firstText(TARGET_KEYS, output, input) ?? (TRANSFER_BY_ARGUMENT.test(toolName) ? undefined : named);
  if (to === undefined) return undefined;
  const from = source || (firstText(SOURCE_KEYS, input, output) ?? text.agent ?? "");
  return { ends: { from, to }, by: `a tool called ${toolName}` };
}

function objectIn(json: string | undefined): Readonly<Record<string, unknown>> {
  if (json === undefined || !json.trimStart().startsWith("{")) return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function firstText(
  keys: readonly string[],
  ...objects: readonly Readonly<Record<string, unknown>>[]
): string | undefined {
  for (const object of objects) {
    for (const key of keys) {
      const value = object[key];
      if (typeof value === "string" && value !== "") return value;
    }
  }
  return undefined;
}
