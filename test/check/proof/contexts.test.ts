import * as fc from "fast-check";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { ROOT_CONTEXT, defaultTextMapGetter, trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { CONTEXT_KINDS, contextFields, losses } from "../../../src/check/proof/contexts.ts";
import { idsOf } from "./cases.ts";

const official = new W3CTraceContextPropagator();

test("OpenTelemetry's own propagator reads every context that is valid, and none that is malformed", () => {
  for (const kind of CONTEXT_KINDS)
    for (let variant = 0; variant < 5; variant++) {
      const fields = contextFields(kind, idsOf(1), variant);
      const read = trace.getSpanContext(official.extract(ROOT_CONTEXT, fields, defaultTextMapGetter));
      const isValid = kind !== "malformed" && kind !== "absent";
      expect([kind, variant, read?.traceId]).toEqual([kind, variant, isValid ? idsOf(1).traceId : undefined]);
    }
});

const member = fc
  .tuple(fc.stringMatching(/^[a-z]{1,4}$/), fc.stringMatching(/^[a-z0-9]{1,6}$/))
  .map((pair) => pair.join("="));

test("members among others, in their order, are no loss", () => {
  fc.assert(
    fc.property(fc.uniqueArray(member), fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (members, isOurs) => {
      const ours = members.filter((_, at) => isOurs[at % isOurs.length]);
      expect(losses({ tracestate: ours.join(",") }, { tracestate: members.join(" , ") })).toEqual([]);
    }),
  );
});

test("each member that is missing is a loss", () => {
  fc.assert(
    fc.property(fc.uniqueArray(member, { minLength: 1 }), fc.nat(), (members, at) => {
      const kept = members.toSpliced(at % members.length, 1);
      expect(losses({ tracestate: members.join(",") }, { tracestate: kept.join(",") })).toHaveLength(1);
    }),
  );
});

test("baggage is compared by its values, whatever their order, encoding and properties", () => {
  const given = { baggage: "city=M%C3%BCnchen,tier=gold" };
  expect(losses(given, { baggage: "tier=gold;ttl=3, city=M%c3%bcnchen,more=1" })).toEqual([]);
  expect(losses(given, { baggage: "tier=silver" })).toEqual([
    "baggage lost city",
    'baggage changed tier from "gold" to "silver"',
  ]);
});
