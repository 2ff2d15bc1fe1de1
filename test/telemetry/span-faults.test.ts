import { SpanStatusCode, context, trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { seededSpanIds } from "../../src/core/ids.ts";
import type { SpanFault, SpanMutation } from "../../src/scenario/span-fault.ts";
import { type Service, openService } from "../../src/telemetry/service.ts";
import { spoilingSpans } from "../../src/telemetry/span-faults.ts";

/** A service whose spans called `handle` go wrong, and what was heard of. */
function opened(mutation: SpanMutation, occurrence = 1): { readonly service: Service; readonly fired: SpanFault[] } {
  const fired: SpanFault[] = [];
  const faults: readonly SpanFault[] = [{ mutation, service: "orders", name: "handle", occurrence }];
  let seconds = 1_735_689_600;
  const clock = { hrTime: () => [seconds, 0] as [number, number], tick: () => [++seconds, 0] as [number, number] };
  const spoil = spoilingSpans(faults, (one) => fired.push(one));
  return { service: openService("orders", seededSpanIds(1, "orders"), clock, { spoil }), fired };
}

/** One span with a child in it, and another beside it; all of them fail. */
function handled({ tracer }: Service): void {
  const root = tracer.startSpan("root");
  for (const name of ["handle", "other"]) {
    const span = tracer.startSpan(name, {}, trace.setSpan(context.active(), root));
    tracer.startSpan("child", {}, trace.setSpan(context.active(), span)).end();
    span.setAttribute("error.type", "timeout").setAttribute("kept", 1).setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
  root.end();
}

test("a new root continues no trace, and its children continue it", () => {
  const { service, fired } = opened("new-root");
  handled(service);
  const spoilt = service.spans.find(({ name }) => name === "handle");
  const root = service.spans.find(({ name }) => name === "root");
  expect(spoilt?.parentSpanId).toBeUndefined();
  expect(spoilt?.traceId).not.toBe(root?.traceId);
  const children = service.spans.filter(({ name }) => name === "child");
  expect(children.map(({ traceId }) => traceId)).toEqual([spoilt?.traceId, root?.traceId]);
  expect(fired).toMatchObject([{ mutation: "new-root", name: "handle" }]);
});

test("a span that never ends stays open, and no other", () => {
  const { service, fired } = opened("never-ended");
  handled(service);
  expect(service.openSpans().map(({ name }) => name)).toEqual(["handle"]);
  expect(fired).toHaveLength(1);
});

test("a span that ends early ends before its child starts, and says no more", () => {
  const { service, fired } = opened("ended-early");
  handled(service);
  const [spoilt, child] = ["handle", "child"].map((name) => service.spans.find((span) => span.name === name));
  expect(spoilt?.endTimeUnixNano).toBeLessThan(child?.startTimeUnixNano ?? 0n);
  expect(spoilt?.attributes).not.toHaveProperty("kept");
  expect(fired).toHaveLength(1);
});

test("an error that is taken for a success leaves neither status nor type, and all else", () => {
  const { service, fired } = opened("error-as-ok");
  handled(service);
  const [spoilt, other] = ["handle", "other"].map((name) => service.spans.find((span) => span.name === name));
  expect([spoilt?.status.code, spoilt?.attributes]).toEqual(["unset", { kept: 1 }]);
  expect([other?.status.code, other?.attributes]).toEqual(["error", { "error.type": "timeout", kept: 1 }]);
  expect(fired).toHaveLength(1);
});

test("where nothing fails, no error can be taken for a success", () => {
  const { service, fired } = opened("error-as-ok");
  service.tracer.startSpan("handle").end();
  expect(fired).toEqual([]);
});

test("only the how-manieth span of its name goes wrong", () => {
  const { service } = opened("never-ended", 2);
  handled(service);
  handled(service);
  expect(service.openSpans()).toHaveLength(1);
  expect(service.spans.filter(({ name }) => name === "handle")).toHaveLength(1);
});
