import { trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { TroupeError } from "../../src/core/errors.ts";
import { inAgent } from "../run/agents.ts";

// Alone in its file: what is registered first in a process stays.
test("a run is refused where another provider was registered before, with what to do", async () => {
  trace.setGlobalTracerProvider({ getTracer: () => trace.getTracer("x") });
  const refused = await inAgent(() => 1).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(TroupeError);
  expect((refused as TroupeError).code).toBe("RUN_REFUSED");
  expect((refused as TroupeError).message).toContain("another tracer provider is registered");
});
