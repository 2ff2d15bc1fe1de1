import { ROOT_CONTEXT, defaultTextMapGetter, defaultTextMapSetter, propagation } from "@opentelemetry/api";
import { W3CBaggagePropagator } from "@opentelemetry/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { a2aAgent, allMocks } from "../../src/scenario/a2a.ts";
import { agent } from "../../src/scenario/agent.ts";
import { attributeFaults } from "../../src/scenario/attribute-form.ts";
import { formFaults } from "../../src/scenario/form.ts";
import { scriptedModel } from "../../src/scenario/model.ts";
import { LIMITS, type ScenarioDefinition, defineScenario, user } from "../../src/scenario/scenario.ts";
import { mcpServer } from "../../src/scenario/server.ts";
import { ATTR } from "../../src/trace/conventions.ts";

const solo = agent("solo", () => Promise.resolve("done"));
const RUN_ID = "0123456789abcdef";

function placed(given: Partial<ScenarioDefinition>): readonly string[] {
  const scenario = defineScenario({ name: "test", agents: [solo], script: [user.says("Hello")], ...given });
  return formFaults(scenario, "s").map(({ where, what }) => `${where}: ${what}`);
}

function timed(firstChunkMs: unknown, tokensPerSecond: unknown): Partial<ScenarioDefinition> {
  return { model: scriptedModel("m", [], { timing: { firstChunkMs, tokensPerSecond } as never }) };
}

function slow(latencyMs: unknown): Partial<ScenarioDefinition> {
  return { servers: [mcpServer("orders", { latencyMs: latencyMs as never })] };
}

function told(attributes: Readonly<Record<string, string>>): readonly string[] {
  return attributeFaults(attributes, "s").map(({ where, what }) => `${where}: ${what}`);
}

/** What a service reads of attributes that another one sent with the run's id. */
function received(attributes: Readonly<Record<string, string>>): unknown {
  const propagator = new W3CBaggagePropagator();
  const entries = { ...attributes, [ATTR.runId]: RUN_ID };
  const sent = propagation.createBaggage(
    Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, { value }])),
  );
  const fields = {};
  propagator.inject(propagation.setBaggage(ROOT_CONTEXT, sent), fields, defaultTextMapSetter);
  const context = propagator.extract(ROOT_CONTEXT, fields, defaultTextMapGetter);
  return Object.fromEntries((propagation.getBaggage(context)?.getAllEntries() ?? []).map(([key, e]) => [key, e.value]));
}

test.for<readonly [string, Partial<ScenarioDefinition>]>([
  ["a wait of 2^31-1 ms", { limits: { replyMs: 2 ** 32, requestMs: 2_147_483_647 } }],
  ["other limits above 2^31", { limits: { realIoMs: 2 ** 40 } }],
  ["latencies that are no whole numbers", slow([0.5, 1.5])],
  ["a latency of nothing", slow([0, 0])],
  ["a first chunk always at one time", timed([7, 7], 0.5)],
])("%s is of the right form", ([, given]) => {
  expect(placed(given)).toEqual([]);
});

test.for<readonly [string, Partial<ScenarioDefinition>, string]>([
  [
    "a reply may not take longer than a timer",
    { limits: { requestMs: 2 ** 31 } },
    "limits.requestMs: this is longer than a timer can wait",
  ],
  [
    "a request may not take longer than a timer",
    { limits: { requestMs: 2 ** 31 } },
    "limits.requestMs: this is longer than a timer can wait",
  ],
  ["no first chunk comes before 0", timed([-1, 2], 1), "model.timing.firstChunkMs[0]: this is below 0"],
  [
    "a first chunk comes at a whole number",
    timed([1, 2.5], 1),
    "model.timing.firstChunkMs[1]: this is no whole number",
  ],
  [
    "the first chunk's lower bound comes first",
    timed([3, 2], 1),
    "model.timing.firstChunkMs: the first of the two is above the second",
  ],
  ["the first chunk has two bounds", timed([3], 1), "model.timing.firstChunkMs: these are no two numbers"],
  [
    "a survivor is of a mutation",
    { survivors: [{ mutation: "droped" as never, why: "x" }] },
    'survivors[0].mutation: there is no mutation "droped"; did you mean "dropped"?',
  ],
  ["a survivor has a reason", { survivors: [{ mutation: "stale", why: " " }] }, "survivors[0].why: it is empty"],
  ["survivors are a list", { survivors: {} as never }, "survivors: this is no list"],
  ["tokens have to come", timed([1, 2], 0), "model.timing.tokensPerSecond: this is not above 0"],
  ["tokens come by a number", timed([1, 2], "9"), "model.timing.tokensPerSecond: this is no number"],
  [
    "a timing is an object",
    { model: scriptedModel("m", [], { timing: 5 as never }) },
    "model.timing: this is no timing",
  ],
  ["no latency is below 0", slow([-1, 2]), "servers[0].latencyMs[0]: this is below 0"],
  ["a latency is a number", slow([1, Number.NaN]), "servers[0].latencyMs[1]: this is no number"],
  [
    "the latency's lower bound comes first",
    slow([2, 1]),
    "servers[0].latencyMs: the first of the two is above the second",
  ],
  ["a latency has two bounds", slow(5), "servers[0].latencyMs: these are no two numbers"],
])("%s", ([, given, fault]) => {
  expect(placed(given)).toEqual([`s, ${fault}`]);
});

test("what is no model or server at all is one fault, and not also its timing", () => {
  expect(placed({ model: {} as never, servers: [solo as never] })).toEqual([
    "s, servers[0]: this is no MCP server",
    "s, model: this is no model",
  ]);
});

test("a part inside a definition is mended by its own words", () => {
  const scenario = defineScenario({
    name: "test",
    agents: [solo],
    script: [],
    limits: { ...LIMITS, requestMs: 2 ** 31, handoffsMax: -1 },
    ...timed([1, 0.5], 0),
    ...slow([2, 1]),
  });
  expect(formFaults(scenario, "s").map(({ where, mend }) => `${where}: ${mend}`)).toEqual([
    "s, servers[0].latencyMs: Write two numbers from 0, the lower one first, as in `latencyMs: [2, 30]`.",
    "s, model.timing.firstChunkMs[1]: Write two whole numbers from 0, the lower one first, as in `firstChunkMs: [120, 480]`.",
    "s, model.timing.tokensPerSecond: Write a number above 0, as in `tokensPerSecond: 90`.",
    "s, limits.requestMs: Write a number of milliseconds from 0 to 2147483647.",
    expect.stringMatching(/^s, limits\.handoffsMax: Known: replyMs, .*, each a number from 0\.$/),
  ]);
});

const keys = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "a,b;c=d", "ü %", "tenant.id"));
const values = fc.oneof(fc.string({ unit: "binary" }), fc.string({ minLength: 1000, maxLength: 5000, size: "max" }));

test("attributes without a fault arrive whole", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, values), { maxLength: 6 }), (entries) => {
      const attributes = Object.fromEntries(entries);
      fc.pre(attributeFaults(attributes, "s").length === 0);
      expect(received(attributes)).toEqual({ ...attributes, [ATTR.runId]: RUN_ID });
    }),
  );
});

test.for([
  "prompt.version",
  "feature.id",
  "tenant.id",
  "user.id",
  "session.id",
  "experiment.id",
  "cohort.name",
  "mcp",
  "agent.version",
  "tool.name.short",
])("an attribute may be called %s", (key) => {
  expect(told({ [key]: "x" })).toEqual([]);
});

test.for([
  "gen_ai.agent.name",
  "mcp.method.name",
  "troupe.run.id",
  "troupe.mine",
  "a2a.task.id",
  "jsonrpc.request.id",
  "rpc.system",
  "agent.trajectory.step",
  "fi.span.kind",
  "tool.name",
  "error.type",
  "network.transport",
  "service.name",
])("an attribute may not be called %s, which is written already", (key) => {
  expect(told({ [key]: "x" })).toEqual([`s, attributes.${key}: Troupe and the conventions write this key themselves`]);
});

test("no attribute may have a name that Troupe emits", () => {
  for (const key of Object.values(ATTR)) expect(told({ [key]: "x" })).toHaveLength(1);
});

test.for<readonly [string, string, string, string]>([
  ["an empty key", "", "x", '[""]: its key is empty'],
  ["an empty value", "tenant.id", "", ".tenant.id: its value is empty"],
  ["half a surrogate pair in its key", "a\ud800", "x", '["a\\ud800"]: its key holds half a surrogate pair'],
  ["half a surrogate pair in its value", "a", "\udc00x", ".a: its value holds half a surrogate pair"],
  ["a control character in its key", "a\n", "x", '["a\\n"]: its key holds a line break or another control character'],
  ["a key that baggage loses", "__proto__", "x", ".__proto__: this key gets lost in baggage"],
])("an attribute with %s is refused", ([, key, value, fault]) => {
  expect(told(Object.fromEntries([[key, value]]))).toEqual([`s, attributes${fault}`]);
});

test("whole surrogate pairs, and what has a meaning in baggage, are fine in keys and values", () => {
  const attributes = { "🎭 a,b;c=d": " 🎭,;=%\n" };
  expect(told(attributes)).toEqual([]);
  expect(received(attributes)).toMatchObject(attributes);
});

test("an entry may have 4,096 bytes of baggage and no more", () => {
  expect(told({ a: "x".repeat(4094) })).toEqual([]);
  expect(told({ a: "x".repeat(4095) })).toEqual(["s, attributes.a: this is 4097 bytes of baggage"]);
});

test("the bytes of an entry are those of its percent-encoded form", () => {
  expect(told({ ü: "x".repeat(4089) })).toEqual([]);
  expect(told({ ü: " ".repeat(1363) + "x" })).toEqual(['s, attributes["ü"]: this is 4097 bytes of baggage']);
});

test("all entries may have 8,192 bytes of baggage with the run's id, and no more", () => {
  // 4,096 of the first, 30 of the run's id and two commas leave 4,064.
  const [full, rest] = ["x".repeat(4094), "x".repeat(4062)];
  expect(told({ a: full, b: rest })).toEqual([]);
  expect(received({ a: full, b: rest })).toEqual({ a: full, b: rest, [ATTR.runId]: RUN_ID });
  expect(told({ a: full, b: `${rest}x` })).toEqual([
    "s, attributes: with troupe.run.id these are 8193 bytes of baggage",
  ]);
  expect(received({ a: full, b: `${rest}x` })).not.toHaveProperty([ATTR.runId]);
});

test("baggage may have 180 entries with the run's id, and no more", () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "x"]));
  expect(told(many(179))).toEqual([]);
  expect(received(many(179))).toEqual({ ...many(179), [ATTR.runId]: RUN_ID });
  expect(told(many(180))).toEqual(["s, attributes: with troupe.run.id these are 181 entries of baggage"]);
});

test("each limit is told where it is passed", () => {
  const many = Object.fromEntries(Array.from({ length: 180 }, (_, index) => [`k${index}`, "x".repeat(50)]));
  expect(attributeFaults({ ...many, a: "x".repeat(4095) }, "s").map(({ mend }) => mend)).toEqual([
    "Shorten it: an entry has at most 4096 bytes, key=value, percent-encoded.",
    "Leave some out: baggage has at most 180 entries, and troupe.run.id is one of them.",
    "Shorten them: baggage has at most 8192 bytes, percent-encoded and joined by commas.",
  ]);
});

test("a long key is cut where it is told", () => {
  const [fault] = attributeFaults({ ["k".repeat(5000)]: "x" }, "s");
  expect(fault?.where).toBe(`s, attributes.${"k".repeat(60)}…`);
});

test("every fault of the attributes is told at once", () => {
  expect(told({ "": "", "tool.name": "\ud800" })).toEqual([
    's, attributes[""]: its key is empty',
    's, attributes[""]: its value is empty',
    "s, attributes.tool.name: Troupe and the conventions write this key themselves",
    "s, attributes.tool.name: its value holds half a surrogate pair",
  ]);
});

test("remote agents may know each other", () => {
  const servers: ReturnType<typeof a2aAgent>[] = [];
  const [one, other] = ["one", "other"].map((name) => a2aAgent(name, { servers, work: () => Promise.resolve("ok") }));
  if (one === undefined || other === undefined) throw new Error("no agents");
  servers.push(one, other);
  expect(placed({ servers: [one] })).toEqual([]);
  expect(allMocks([one]).map(({ name }) => name)).toEqual(["one", "other"]);
});

test("a remote agent's own servers and skills are looked at too", () => {
  const servers = [mcpServer("orders", { latencyMs: [5, 1] })];
  const skills = [{ id: "x", name: "X", description: "", tags: "none" as never }];
  const risk = a2aAgent("risk", { servers, skills, work: () => Promise.resolve("ok") });
  expect(placed({ servers: [risk] })).toEqual([
    "s, servers[0].servers[0].latencyMs: the first of the two is above the second",
    "s, servers[0].skills[0].tags: this is no list",
  ]);
});

test("a remote agent without work, and what is neither server nor remote agent, are faults", () => {
  const idle = { ...a2aAgent("idle", { work: () => Promise.resolve("ok") }), work: "none" as never };
  expect(placed({ servers: [idle, solo as never] })).toEqual([
    "s, servers[0]: its work is no function",
    "s, servers[1]: this is no MCP server",
  ]);
});
