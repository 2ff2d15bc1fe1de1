import { type Mock, allMocks, isA2aAgent } from "../scenario/a2a.ts";
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
    servers: rewiredMocks(scenario.servers, answering),
    model: rewiredModel(scenario.model, answering),
  };
}

/** As {@link rewired}, of one mock. */
export function rewiredMock(mock: Mock, answering: Answering): Mock {
  const [made = mock] = rewiredMocks([mock], answering);
  return made;
}

/** Each once, whoever uses it: remote agents share servers, and may know each other. */
function rewiredMocks(listed: readonly Mock[], answering: Answering): readonly Mock[] {
  const made = new Map<Mock, { readonly mock: Mock; readonly servers: Mock[] }>();
  for (const mock of allMocks(listed)) {
    const servers: Mock[] = [];
    made.set(mock, { mock: rewiredAlone(mock, servers, answering), servers });
  }
  const madeOf = (mocks: readonly Mock[]): readonly Mock[] => mocks.flatMap((mock) => made.get(mock)?.mock ?? []);
  for (const [mock, { servers }] of made) if (isA2aAgent(mock)) servers.push(...madeOf(mock.servers));
  return madeOf(listed);
}

function rewiredAlone(mock: Mock, servers: readonly Mock[], answering: Answering): Mock {
  if (isA2aAgent(mock)) return { ...rewiredPart(mock, answering), model: rewiredModel(mock.model, answering), servers };
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
