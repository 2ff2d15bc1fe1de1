import { isA2aAgent, type Mock } from "../scenario/a2a.ts";
import type { Model } from "../scenario/model.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Answering } from "./answering.ts";

/** Marks what answers from a recording, and makes it anew; it goes along where a user builds something of the part. */
const RECORDED: unique symbol = Symbol.for("troupe.recorded") as never;

/** A part of a definition that answers from a recording, so that a replay can have it answer in its own way. */
export function recordedPart<T extends object>(make: (answering: Answering) => T, answering: Answering): T {
  return { ...make(answering), [RECORDED]: make };
}

/** A scenario in which everything that answers from a recording does so as given; what its user wrote stands. */
export function rewired(scenario: Scenario, answering: Answering): Scenario {
  return {
    ...scenario,
    servers: scenario.servers.map((mock) => rewiredMock(mock, answering)),
    model: rewiredModel(scenario.model, answering),
  };
}

/** As {@link rewired}, of one mock. */
export function rewiredMock(mock: Mock, answering: Answering): Mock {
  if (isA2aAgent(mock)) return rewiredPart(mock, answering);
  const { tools, resources, prompts } = mock;
  return {
    ...mock,
    tools: rewiredParts(tools, answering),
    resources: rewiredParts(resources, answering),
    prompts: rewiredParts(prompts, answering),
  };
}

function rewiredModel(model: Model, answering: Answering): Model {
  return { ...model, rules: model.rules.map((rule) => rewiredPart(rule, answering)) };
}

function rewiredParts<T extends object>(
  parts: Readonly<Record<string, T>>,
  answering: Answering,
): Readonly<Record<string, T>> & Record<string, T> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, rewiredPart(part, answering)]));
}

function rewiredPart<T extends object>(part: T, answering: Answering): T {
  const make: unknown = Reflect.get(part, RECORDED);
  const made: unknown = typeof make === "function" ? Reflect.apply(make, undefined, [answering]) : undefined;
  return typeof made === "object" && made !== null ? { ...part, ...made } : part;
}
