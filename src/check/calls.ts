import { nearestWord } from "../core/errors.ts";
import type { Mismatch } from "../trace/mismatch.ts";
import { usageOf } from "../trace/tokens.ts";
import { sameCalls, type ToolCall, toolCallsOf } from "../trace/tool-calls.ts";
import type { CheckExpectation } from "./expectation.ts";
import { checkOf } from "./expectation.ts";
import { nodesOf, placeOf } from "./place.ts";

/** How often: exactly so many, or from `min` (0 where absent) to `max` (no bound where absent). */
type Times = number | { readonly min?: number; readonly max?: number };

export interface CallQuery {
  readonly tool: string;
  readonly agent?: string;
  readonly server?: string;
  /** At least once, where absent. */
  readonly times?: Times;
}

/** The tool is called, by that agent and on that server where they are given, as often as stated. */
export function calls(query: CallQuery): CheckExpectation {
  const { min, max } = bounds(query.times);
  const called = `tool ${query.tool}${query.server === undefined ? "" : ` @${query.server}`}`;
  const expected = `${query.agent === undefined ? "" : `agent ${query.agent}: `}${called}${timesText(min, max)}`;
  const name = `calls ${expected}`;
  return checkOf(name, ({ trees }) => {
    const all = toolCallsOf(trees);
    const found = all.filter((call) => isAsked(call, query));
    const places = found.map(({ node }) => placeOf(node));
    const base = { expectedAt: name, expected } as const;
    if (found.length < min) {
      const message = `${called} ${calledText(found.length)}, expected ${expected}${hint(query, all)}`;
      return [{ ...base, kind: "missing", message, competes: places }];
    }
    if (max === undefined || found.length <= max) return [];
    const beyond = places[max];
    const message = `${called} ${calledText(found.length)}, expected ${expected}`;
    const kind = max === 0 ? "forbidden" : "too-many";
    return [{ ...base, kind, message, ...(beyond !== undefined && { found: beyond }), competes: places }];
  });
}

/** No agent calls one tool with the same arguments more than `max` times. */
export function noRepeatedCall({ max }: { readonly max: number }): CheckExpectation {
  const name = `noRepeatedCall max ${max}`;
  return checkOf(name, ({ trees }) => {
    const groups = sameCalls(toolCallsOf(trees));
    return groups.filter((group) => group.length > max).map((group) => repeated(name, max, group));
  });
}

/** One agent hands off to another, at least once. */
export function handsOff(from: string, to: string): CheckExpectation {
  const expected = `handoff ${from} -> ${to}`;
  return checkOf(`handsOff ${from} -> ${to}`, ({ trees }) => {
    const handoffs = nodesOf(trees).flatMap(({ meaning }) => (meaning.handoff === undefined ? [] : [meaning.handoff]));
    if (handoffs.some((handoff) => handoff.from === from && handoff.to === to)) return [];
    const seen = [...new Set(handoffs.map((handoff) => `${handoff.from} -> ${handoff.to}`))].join(", ");
    const message = `${from} never handed off to ${to}; ${seen === "" ? "there was no handoff" : `seen: ${seen}`}`;
    return [{ kind: "missing", expectedAt: `handsOff ${from} -> ${to}`, expected, message }];
  });
}

/** All model calls together use at most so many tokens, each call counted once. */
export function maxTokens(max: number): CheckExpectation {
  const name = `maxTokens ${max}`;
  return checkOf(name, ({ trees }) => {
    const usages = trees.map((tree) => usageOf(tree));
    const input = usages.reduce((sum, { inputTokens }) => sum + inputTokens, 0);
    const output = usages.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
    if (input + output <= max) return [];
    const message = `${input + output} tokens were used (${input} in, ${output} out), at most ${max} allowed`;
    return [{ kind: "too-many", expectedAt: name, expected: `at most ${max} tokens`, message }];
  });
}

function repeated(name: string, max: number, group: readonly ToolCall[]): Mismatch {
  const [{ agent, tool, node } = { agent: undefined, tool: "", node: undefined }] = group;
  const beyond = group[max];
  const isKnown = node?.meaning.arguments !== undefined;
  const caller = agent === undefined ? "" : ` by ${agent}`;
  const same = isKnown ? `with ${node.meaning.arguments}` : "and no arguments were recorded to tell the calls apart";
  return {
    kind: isKnown ? "too-many" : "undecided",
    expectedAt: name,
    expected: `at most ${max} times`,
    message: `tool ${tool} ${calledText(group.length)}${caller} ${same}, at most ${max} allowed`,
    ...(beyond !== undefined && { found: placeOf(beyond.node) }),
    competes: group.map((call) => placeOf(call.node)),
  };
}

function isAsked(call: ToolCall, { tool, agent, server }: CallQuery): boolean {
  return (
    call.tool === tool &&
    (agent === undefined || call.agent === agent) &&
    (server === undefined || call.server === server)
  );
}

function hint({ tool }: CallQuery, all: readonly ToolCall[]): string {
  const sameTool = all.find((call) => call.tool === tool);
  if (sameTool !== undefined) {
    const server = sameTool.server === undefined ? "" : ` @${sameTool.server}`;
    return `; agent ${sameTool.agent ?? "(unknown)"} called tool ${tool}${server}`;
  }
  const nearest = nearestWord(tool, new Set(all.map((call) => call.tool)));
  return nearest === undefined ? "" : `; the nearest tool called is ${nearest}`;
}

function bounds(times: Times | undefined): { readonly min: number; readonly max: number | undefined } {
  if (times === undefined) return { min: 1, max: undefined };
  return typeof times === "number" ? { min: times, max: times } : { min: times.min ?? 0, max: times.max };
}

function timesText(min: number, max: number | undefined): string {
  if (min === max) return ` x${min}`;
  if (max === undefined) return min === 1 ? "" : ` x${min}..*`;
  return ` x${min}..${max}`;
}

function calledText(count: number): string {
  return count === 0 ? "was never called" : count === 1 ? "was called once" : `was called ${count} times`;
}
