import { createServer } from "node:http";
import { once } from "node:events";
import { context, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { collectTrace, run } from "troupe/run";
import { agent, defineScenario, user } from "troupe";
import { serviceOf } from "../../src/trace/span.ts";

// What an instrumented library does when it loads, before anything is registered.
const tracer = trace.getTracer("library", "1.2.3");

function later(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** A function as a framework instruments it: an agent that calls its model, then a tool. */
function triage(name = "triage"): Promise<string> {
  return tracer.startActiveSpan(`invoke_agent ${name}`, async (span) => {
    span.setAttributes({ "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name });
    await step("chat gpt", { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt" });
    await step("execute_tool lookup_order", {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "lookup_order",
    });
    span.end();
    return `${name} is done`;
  });
}

function step(name: string, attributes: Readonly<Record<string, string>>): Promise<void> {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    await later();
    span.end();
  });
}

const names = (spans: readonly { readonly name: string }[]): readonly string[] => spans.map(({ name }) => name);

test("a function's spans come as one tree, with what it returned", async () => {
  const { value, trees, spans } = await collectTrace(() => triage());
  expect(value).toBe("triage is done");
  expect(names(spans)).toEqual(["chat gpt", "execute_tool lookup_order", "invoke_agent triage"]);
  expect(trees).toHaveLength(1);
  const [root] = trees[0]?.roots ?? [];
  expect(root?.children.map(({ meaning }) => `${meaning.kind} ${meaning.name}`)).toEqual([
    "llm gpt",
    "tool lookup_order",
  ]);
  expect(spans[0]?.scope).toEqual({ name: "library", version: "1.2.3" });
});

test("spans that follow one another do not start at once, and do not overlap", async () => {
  const { spans } = await collectTrace(() => {
    for (let round = 0; round < 20; round++) tracer.startSpan(`round ${round}`).end();
  });
  for (const [index, span] of spans.slice(1).entries()) {
    const before = spans[index];
    expect(span.startTimeUnixNano > (before?.startTimeUnixNano ?? 0n)).toBe(true);
    expect(span.startTimeUnixNano >= (before?.endTimeUnixNano ?? 0n)).toBe(true);
  }
});

test("a start that the code under test gives is kept", async () => {
  const startTime = new Date("2026-01-02T03:04:05.678Z");
  const { spans } = await collectTrace(() => tracer.startSpan("given", { startTime }).end());
  expect(spans[0]?.startTimeUnixNano).toBe(BigInt(startTime.getTime()) * 1_000_000n);
});

test("an end that the code under test gives is kept", async () => {
  const { spans } = await collectTrace(() => {
    const startTime = Date.now();
    tracer.startSpan("given", { startTime }).end(startTime + 300);
  });
  const [{ startTimeUnixNano, endTimeUnixNano = 0n } = { startTimeUnixNano: 0n }] = spans;
  const durationMs = Number(endTimeUnixNano - startTimeUnixNano) / 1e6;
  expect(Math.round(durationMs / 100)).toBe(3);
});

test("calls at the same time do not see each other's spans", async () => {
  const both = await Promise.all([collectTrace(() => triage("left")), collectTrace(() => triage("right"))]);
  expect(both.map(({ spans }) => names(spans).at(-1))).toEqual(["invoke_agent left", "invoke_agent right"]);
  expect(both.map(({ spans }) => spans.length)).toEqual([3, 3]);
});

test("calls at the same time that continue one trace from outside do not see each other's spans", async () => {
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const handled = (name: string) =>
    collectTrace(() => context.with(propagation.extract(ROOT_CONTEXT, { traceparent }), () => step(name, {})));
  await collectTrace(() => undefined);
  const both = await Promise.all([handled("left"), handled("right")]);
  expect(both.map(({ spans }) => names(spans))).toEqual([["left"], ["right"]]);
  expect(both[0]?.trees[0]?.anomalies.map(({ kind }) => kind)).toEqual(["orphan"]);
});

test("a nested call gets its own spans, which the outer one does not", async () => {
  const { value, spans } = await collectTrace(async () => {
    const inner = await collectTrace(() => triage("inner"));
    await triage("outer");
    return names(inner.spans);
  });
  expect(value).toContain("invoke_agent inner");
  expect(names(spans)).toEqual(["chat gpt", "execute_tool lookup_order", "invoke_agent outer"]);
});

test("a span that is open when the function settles is kept open, and what ends later changes nothing", async () => {
  let end = (): void => undefined;
  const { trees, spans } = await collectTrace(() => {
    const span = tracer.startSpan("left open");
    end = () => span.end();
    tracer.startSpan("ended").end();
  });
  expect(names(spans)).toEqual(["ended", "left open"]);
  expect(spans.map(({ endTimeUnixNano }) => endTimeUnixNano === undefined)).toEqual([false, true]);
  expect(trees.flatMap(({ anomalies }) => anomalies.map(({ kind }) => kind))).toEqual(["open"]);
  end();
  expect(spans).toHaveLength(2);
});

test("work that goes on after the function has settled is recorded nowhere", async () => {
  let straggler = Promise.resolve(true);
  const { spans } = await collectTrace(() => {
    straggler = later().then(() => tracer.startSpan("late").isRecording());
  });
  expect(await straggler).toBe(false);
  expect(spans).toEqual([]);
});

test("an error of the function passes through, and the next call starts clean", async () => {
  const wrong = new Error("out of stock");
  const failing = collectTrace(async () => {
    tracer.startSpan("before it failed");
    await later();
    throw wrong;
  });
  await expect(failing).rejects.toBe(wrong);
  await expect(
    collectTrace(() => {
      throw wrong;
    }),
  ).rejects.toBe(wrong);
  const { spans } = await collectTrace(() => step("after", {}));
  expect(names(spans)).toEqual(["after"]);
});

test("outside of a call a tracer records nothing", async () => {
  await collectTrace(() => triage());
  expect(tracer.startSpan("outside").isRecording()).toBe(false);
});

test("a function without spans gives none", async () => {
  expect(await collectTrace(() => 1)).toEqual({ value: 1, trees: [], spans: [] });
});

test("spans of a server that listened before are collected with the trace that they continue", async () => {
  const server = createServer((request, response) => {
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    tracer.startActiveSpan("GET /order", {}, parent, (span) => {
      step("lookup", {}).then(
        () => {
          span.end();
          response.end("A-17");
        },
        () => undefined,
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const { spans, trees } = await collectTrace(() =>
    tracer.startActiveSpan("client", async (span) => {
      const headers: Record<string, string> = {};
      propagation.inject(context.active(), headers);
      const body = await (await fetch(`http://127.0.0.1:${port}/order`, { headers })).text();
      span.end();
      return body;
    }),
  );
  server.close();
  expect(names(spans)).toEqual(["lookup", "GET /order", "client"]);
  expect(trees).toHaveLength(1);
  expect(trees[0]?.anomalies).toEqual([]);
});

test("a trace begins in the call, whatever span is active around it", async () => {
  const { value } = await collectTrace(() =>
    tracer.startActiveSpan("around", async (span) => {
      const inner = await collectTrace(() => step("inside", {}));
      span.end();
      return inner;
    }),
  );
  expect(value.spans.map(({ parentSpanId }) => parentSpanId)).toEqual([undefined]);
});

const solo = (work: () => unknown) =>
  defineScenario({
    name: "solo",
    agents: [agent("solo", async (turn) => turn.reply(String(await work())))],
    script: [user.says("Hello")],
  });

test("a scenario that runs inside of a call keeps its spans to itself", async () => {
  const scenario = solo(() => step("in the agent", {}).then(() => "done"));
  const { value, spans } = await collectTrace(async () => {
    const judged = await run(scenario, { seed: 1 });
    await step("beside the run", {});
    return judged;
  });
  expect(names(spans)).toEqual(["beside the run"]);
  expect(names(value.run.spans)).toContain("in the agent");
});

test("an agent of a run that calls it is refused", async () => {
  const { result } = await run(
    solo(() => collectTrace(() => 1)),
    { seed: 1 },
  );
  expect(result.failures.join()).toContain("it is called inside of a run, which records these spans itself");
});

test("the service of collected spans is the one that agents of a run have", async () => {
  const { spans } = await collectTrace(() => step("one", {}));
  expect(spans.map(serviceOf)).toEqual(["agents"]);
});
