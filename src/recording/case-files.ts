import type { Exchange } from "./exchange.ts";
import { inferShape } from "../shape/infer/infer.ts";
import { printShape } from "../shape/print.ts";
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
}

/**
 * The files of a case: a scenario that goes as it was recorded, the recording, and the shape of its traces where the
 * recording holds them. What was recorded stands in the scenario as JSON literals and nothing else.
 */
export function caseFiles(recording: Recording, naming: CaseNaming): readonly CaseFile[] {
  const { slug } = naming;
  const { trajectory } = recording;
  const shape = trajectory === undefined ? undefined : printShape(inferShape([buildTrees(trajectory)]));
  return [
    { path: `${slug}/${slug}.scenario.ts`, text: scenarioText(recording, naming) },
    { path: `${slug}/${slug}.recording.json`, text: recordingText(recording) },
    ...(shape === undefined ? [] : [{ path: `${slug}/${slug}.shape.yaml`, text: shape }]),
  ];
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
export function scenarioText({ exchanges, trajectory }: Recording, { slug, description = "" }: CaseNaming): string {
  const sayings = sayingsIn(exchanges);
  const hasShape = trajectory !== undefined;
  const says = sayings.map((text) => `user.says(${literal(text)})`);
  const script = says.length === 1 ? says.join("") : says.map((each) => `\n    ${each},`).join("") + "\n  ";
  return `import { defineScenario, recordedCase${hasShape ? ", shapeFile" : ""}, user } from "troupe";
import recording from "./${slug}.recording.json" with { type: "json" };

const { persona, agents, servers, model, attributes, traces } = recordedCase(recording);

/** The agents are stand-ins, which do what was recorded: put your own in their place, with the same servers and model. */
export default defineScenario({
  name: "${slug}",
  description: ${literal(description)},
  persona,
  agents,
  servers,
  model,
  attributes,
  traces,
  script: [${script}],
  expect: [${hasShape ? `shapeFile("${slug}.shape.yaml")` : ""}],
});
`;
}

/** What a user says whose words no trace holds. */
const NOT_RECORDED = "(not recorded)";

/** JSON that is a literal of TypeScript in every edition: two of its characters once ended a line there. */
function literal(value: string): string {
  return JSON.stringify(value).replaceAll(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`);
}
