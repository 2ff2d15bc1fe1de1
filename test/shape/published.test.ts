import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTraceFile } from "../../src/format/read.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import type { Tree } from "../../src/trace/tree.ts";
import { buildTrees } from "../../src/trace/tree.ts";

/** Recorded by others and not ours to copy: where the folder is absent, these tests are skipped. */
const DATA = join(import.meta.dirname, "../../../shared/data");
const SAMPLES = join(DATA, "agentevals/samples");
const TRUTH = join(DATA, "ground_truth_dev.json");
const isAbsent = !existsSync(SAMPLES);
if (isAbsent) console.warn(`${SAMPLES} is not here; what others asserted of their traces is not tried`);

interface EvalSet {
  readonly eval_cases: readonly {
    readonly conversation: readonly {
      readonly intermediate_data: { readonly tool_uses: readonly { readonly name: string }[] };
    }[];
  }[];
}

/**
 * An eval set of Google ADK as a shape: its `tool_trajectory_avg_score` of 1 means these tool calls, in this order, and no
 * other.
 */
function shapeOfEvalSet(set: EvalSet): string {
  const names = set.eval_cases.flatMap(({ conversation }) =>
    conversation.flatMap((turn) => turn.intermediate_data.tool_uses.map(({ name }) => name)),
  );
  const calls = names.map((name) => `        - //tool ${name}\n`).join("");
  return `- in-order x1:\n${calls}- never: tool /^(?!(?:${names.join("|")})$)/\n`.replace(/^ {8}/gm, "    ");
}

function treesIn(file: string): readonly Tree[] {
  const path = join(DATA, file);
  return buildTrees(readTraceFile(readFileSync(path, "utf8"), path).spans);
}

test.skipIf(isAbsent).for([
  ["helm.json", "matched"],
  ["k8s.json", "mismatched"],
] as const)("agentevals: the eval set of helm, written as a shape, is %s: %s", ([file, verdict]) => {
  const set: EvalSet = JSON.parse(readFileSync(join(SAMPLES, "eval_set_helm.json"), "utf8"));
  const shape = parseShape(shapeOfEvalSet(set), "eval_set_helm");
  expect(matchShape(shape, treesIn(join("agentevals/samples", file))).verdict).toBe(verdict);
});

/** What was counted in these files by others, with other means. */
interface Truth {
  readonly monocle: Readonly<
    Record<
      string,
      { readonly agents: readonly string[]; readonly tools: readonly (readonly [tool: string, agent: string])[] }
    >
  >;
  readonly logfire_mcp: Readonly<Record<string, { readonly remote_parents: number }>>;
}

const truth: Truth = isAbsent ? { monocle: {}, logfire_mcp: {} } : JSON.parse(readFileSync(TRUTH, "utf8"));

/** Each agent with its tools as often as they were called there, and no other agent or tool anywhere. */
function shapeOfAgents({ agents, tools }: Truth["monocle"][string]): string {
  const members = agents.flatMap((agent) => {
    const own = tools.flatMap(([tool, owner]) => (owner === agent ? tool : []));
    const calls = [...new Set(own)].map(
      (tool) => `        - tool ${tool} x${own.filter((name) => name === tool).length}`,
    );
    return [`    - //agent ${agent} x1${calls.length === 0 ? "" : ":"}`, ...calls];
  });
  const list = members.length === 0 ? [] : ["- any-order:", ...members, `    - //tool x${tools.length}`];
  return [
    ...list,
    `- never: agent ${otherThan(agents)}`,
    `- never: tool ${otherThan(tools.map(([tool]) => tool))}`,
    "",
  ].join("\n");
}

function otherThan(names: readonly string[]): string {
  return `/^(?!(?:${names.join("|")})$)/`;
}

/** One of these files records the run a second time by another tracer, which the truth of Monocle leaves out. */
const TWICE = "monocle/apptrace/tests/integration/test_adk_single_agent.json";

function monocleTrees(file: string): readonly Tree[] {
  return file === TWICE ? treesIn(file).slice(0, 1) : treesIn(file);
}

test.for(Object.entries(truth.monocle))("Monocle: %s has these agents and tools, and no other", ([file, one]) => {
  const shape = parseShape(shapeOfAgents(one), file);
  expect(matchShape(shape, monocleTrees(file)).verdict).toBe("matched");
  const others = Object.entries(truth.monocle).filter(([, other]) => shapeOfAgents(other) !== shapeOfAgents(one));
  expect(others.map(([other]) => matchShape(shape, monocleTrees(other)).verdict)).toEqual(
    others.map(() => "mismatched"),
  );
});

/** So many spans whose parent is in another process; kinds that are seen only by name are named. */
function shapeOfRemoteParents(count: number): string {
  const kinds = ["any", "workflow", "turn", "http", "span", "mcp.lifecycle"];
  const lines = kinds.map((kind) => `    - //${kind} {parent.remote = true}\n`);
  return `- one-of x${count}:\n${lines.join("")}`;
}

test.for(Object.entries(truth.logfire_mcp))("Logfire: %s has its remote parents", ([name, one]) => {
  const trees = treesIn(join("logfire-mcp", name));
  const verdicts = [-1, 0, 1].map((more) => {
    const count = one.remote_parents + more;
    return count < 0 ? "mismatched" : matchShape(parseShape(shapeOfRemoteParents(count), name), trees).verdict;
  });
  expect(verdicts).toEqual(["mismatched", "matched", "mismatched"]);
});
