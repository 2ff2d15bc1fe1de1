/** Defects as they are met in the field, in little clients, servers and proxies on the official SDKs: each is named by its cause. */
import { expect, test } from "vitest";
import { CAUSES } from "../src/trace/evidence.ts";
import { CASES, TO_SERVER, all, broken } from "./fixtures/known-bad/cases.ts";
import * as newRootServer from "./fixtures/known-bad/new-root-server.ts";
import * as patchesNothing from "./fixtures/known-bad/patches-nothing.ts";
import { hopsWith } from "./fixtures/known-bad/stand.ts";

test.each(CASES)("$name is named by its cause", async ({ bad, broken: expected }) => {
  expect(broken(await hopsWith(bad))).toEqual(expected);
});

test.each(CASES)("without it, the set-up of $name is whole", async ({ mended }) => {
  const hops = await hopsWith(mended);
  expect([hops.length, broken(hops)]).toEqual([TO_SERVER.length + 1, []]);
});

test("every cause is among what they have", () => {
  const named = CASES.flatMap(({ broken: lines }) => lines.map((line) => line.split(": ")[1]));
  expect(new Set(named)).toEqual(new Set(CAUSES));
});

test("an instrumentation that patches nothing says that it does", async () => {
  await hopsWith(patchesNothing.badClient);
  expect(patchesNothing.said).toContain("MCP is instrumented");
});

test("a server that links is whole where the scenario states it, and a new root where it does not", async () => {
  const propagation = { links: [{ to: "server" }] };
  expect(broken(await hopsWith({ ...newRootServer.linking, propagation }))).toEqual([]);
  expect(broken(await hopsWith(newRootServer.linking))).toEqual(all("not-extracted"));
});

test("a server that continues the trace where a link is stated has the wrong parent, and one that does neither extracts nothing", async () => {
  const propagation = { links: [{ to: "server" }] };
  expect(broken(await hopsWith({ propagation }))).toEqual(all("wrong-parent"));
  expect(broken(await hopsWith({ ...newRootServer.bad, propagation }))).toEqual(all("not-extracted"));
});
