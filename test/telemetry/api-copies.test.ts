import { resolve } from "node:path";
import { expect, test } from "vitest";
import { collectTrace } from "troupe/run";
import { shutOut } from "../../src/telemetry/api-copies.ts";
import { copyOf } from "./api-copy.ts";

test("a copy that is newer by a minor version, or of another major one, is shut out", () => {
  const copies = ["1.8.0", "1.9.0", "1.9.7", "1.10.0", "2.0.0", "0.20.0"].map((version) => ({ folder: "", version }));
  expect(shutOut(copies, "1.9.1").map(({ version }) => version)).toEqual(["1.10.0", "2.0.0", "0.20.0"]);
});

test("spans through an older copy of the API are collected", async () => {
  const { api } = copyOf("1.9.0");
  const { spans } = await collectTrace(() => api.trace.getTracer("elsewhere").startSpan("heard").end());
  expect(spans.map(({ name }) => name)).toEqual(["heard"]);
});

test("spans that vanish in a newer copy of the API are an error that names both copies", async () => {
  const { folder, api } = copyOf("1.10.0");
  const vanished = collectTrace(() => api.trace.getTracer("elsewhere").startSpan("unheard").end());
  const error: unknown = await vanished.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "TroupeError", code: "RUN_REFUSED" });
  const { message } = error as Error;
  expect(message).toContain(`${folder} (1.10.0)`);
  expect(message).toContain(`${resolve("node_modules/@opentelemetry/api")} (1.9.1)`);
  expect(message).toContain("What uses 1.10.0 cannot reach a provider registered with 1.9.1.");
});
