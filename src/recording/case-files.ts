import type { AgentCode } from "./agent-code.ts";
import type { Exchange } from "./exchange.ts";
import { inferShape } from "../shape/infer/infer.ts";
import { printShape } from "../shape/print.ts";
import { ATTR } from "../trace/conventions.ts";
import { semanticNodes } from "../trace/semantic.ts";
import type { Span } from "../trace/span.ts";
import { buildTrees } from "../trace/tree.ts";
import { type Recording, recordingText } from "./recording.ts";

/** A file of a case; its path begins with the case's folder, and has `/` between its parts. */
export interface CaseFile {
  readonly path: string;
  readonly text: string;
}

export interface CaseNaming {
  /** What {@link slugOf} gives: the case's folder, and its scenario's name. */
  readonly slug: string;
  readonly description?: string;
  /** The agent under test; left out, stand-ins do what was recorded. */
  readonly agent?: AgentCode;
  /** Over what the agent reaches MCP servers, where it is not as usual. */
  readonly transport?: "stdio" | "http";
  /** What has to hold besides the shape, as code: `oneTrace()`. */
  readonly expect?: readonly string[];
}

/**
 * The files of a case: a scenario that goes as it was recorded, the recording, and the shape of its traces where the
 * recording holds them. What was recorded stands in the scenario as JSON literals and nothing else.
 */
export function caseFiles(recording: Recording, naming: CaseNaming): readonly CaseFile[] {
  const { slug } = naming;
  const { trajectory } = recording;
  const shape = trajectory === undefined ? undefined : shapeText(trajectory);
  return [
    { path: `${slug}/${slug}.scenario.ts`, text: scenarioText(recording, naming) },
    { path: `${slug}/${slug}.recording.json`, text: recordingText(recording) },
    ...(shape === undefined ? [] : [{ path: `${slug}/${slug}.shape.yaml`, text: shape }]),
  ];
}

/** Where nobody exported a span that means something, there are still Troupe's own of the turns. */
function shapeText(trajectory: readonly Span[]): string {
  const trees = buildTrees(trajectory);
  if (trees.some(({ roots }) => semanticNodes(roots).length > 0)) return printShape(inferShape([trees]));
  const turns = trajectory.filter(({ attributes }) => attributes[ATTR.turn] !== undefined);
  return `# The agent exports no spans: these are Troupe's own.\n${turns.map((_, index) => `- turn ${index + 1}\n`).join("")}`;
}

const SLUG_MAX = 60;

/** A name for files out of any text: `[a-z0-9-]{1,60}`; `case` where nothing is left of it. */
export function slugOf(name: string): string {
  const plain = name
    .slice(0, 10 * SLUG_MAX)
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
  return plain.replace(/^-/, "").slice(0, SLUG_MAX).replace(/-$/, "") || "case";
}

/** `slug`, or with a number behind it the first that is not taken. */
export function freeSlug(slug: string, isTaken: (slug: string) => boolean): string {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? "" : `-${number}`;
    const candidate = `${slug.slice(0, SLUG_MAX - suffix.length).replace(/-$/, "")}${suffix}`;
    if (!isTaken(candidate)) return candidate;
  }
}

/** What the user says, one turn after the other. */
export function sayingsIn(exchanges: readonly Exchange[]): readonly string[] {
  return exchanges.flatMap((exchange) => (exchange.kind === "user" ? [exchange.text || NOT_RECORDED] : []));
}

/** The scenario of a case, which goes as it was recorded. */
export function scenarioText(recording: Recording, naming: CaseNaming): string {
  const { exchanges, trajectory } = recording;
  const { slug, description, agent = STAND_INS, expect = [], transport } = naming;
  const sayings = sayingsIn(exchanges);
  const checks = [...(trajectory === undefined ? [] : [`shapeFile("${slug}.shape.yaml")`]), ...expect];
  const names = [
    "defineScenario",
    agent.maker,
    "user",
    ...agent.imports,
    ...checks.map((one) => one.slice(0, one.indexOf("("))),
  ];
  const head = [
    `import { ${[...new Set(names)].toSorted().join(", ")} } from "troupe";`,
    `import recording from "./${slug}.recording.json" with { type: "json" };`,
    ...(agent.from === undefined ? [] : [`import { ${agent.variable} } from ${literal(agent.from)};`]),
  ];
  const fields = [
    `name: "${slug}"`,
    ...(description === undefined ? [] : [`description: ${literal(description)}`]),
    ...(agent.needs.length === 0 ? [] : [`needs: [${agent.needs.map(literal).join(", ")}]`]),
    ...(agent.variable === "agents" ? [] : [`agents: [${agent.variable}]`]),
    ...agent.parts,
    ...(transport === undefined ? [] : [`transport: "${transport}"`]),
    listField(
      "script",
      sayings.map((text) => `user.says(${literal(text)})`),
    ),
    `expect: [${checks.join(", ")}]`,
  ];
  return `${head.join("\n")}

const { ${agent.parts.join(", ")} } = ${agent.maker}(recording);

${agent.definition}export default defineScenario({
${fields.map((field) => `  ${field},\n`).join("")}});
`;
}

/** What a user says whose words no trace holds. */
const NOT_RECORDED = "(not recorded)";

const WIDTH = 120;

/** In one line where it fits, and where there is but one. */
function listField(name: string, items: readonly string[]): string {
  const line = `${name}: [${items.join(", ")}]`;
  return items.length === 1 || line.length + 3 <= WIDTH
    ? line
    : `${name}: [\n${items.map((item) => `    ${item},\n`).join("")}  ]`;
}

/** Agents of a case whose own are not known. */
const STAND_INS: AgentCode = {
  imports: [],
  definition:
    "/** The agents are stand-ins, which do what was recorded: put your own in their place, with the same servers and model. */\n",
  variable: "agents",
  maker: "recordedCase",
  parts: ["persona", "agents", "servers", "model", "attributes", "traces"],
  needs: [],
};

/** JSON that is a literal of TypeScript in every edition: two of its characters once ended a line there. */
export function literal(value: string | true): string {
  return JSON.stringify(value).replaceAll(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`);
}
