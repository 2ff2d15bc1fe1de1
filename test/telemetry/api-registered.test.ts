import { resolve } from "node:path";
import { collectTrace } from "troupe/run";
import { expect, test } from "vitest";
import { copyOf } from "./api-copy.ts";

// Alone in its file: what is registered first in a process stays.
test("globals that another version of the API has registered are an error that names both copies", async () => {
  const { folder, api } = copyOf("1.8.0");
  api.propagation.setGlobalPropagator({ inject: () => undefined, extract: (context) => context, fields: () => [] });
  const refused = collectTrace(() => 1);
  await expect(refused).rejects.toMatchObject({ name: "TroupeError", code: "RUN_REFUSED" });
  const own = resolve("node_modules/@opentelemetry/api");
  await expect(refused).rejects.toThrow(`loaded are ${own} (1.9.1) and ${folder} (1.8.0)`);
});
