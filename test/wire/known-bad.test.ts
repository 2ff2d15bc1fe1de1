/** The known-bad parts once more, over sockets. */
import { expect, test } from "vitest";
import { CASES, TO_SERVER, broken } from "../fixtures/known-bad/cases.ts";
import { hopsWith } from "../fixtures/known-bad/stand.ts";

test("over a socket too every hop is whole where nothing is bad", async () => {
  const hops = await hopsWith({}, "sockets");
  expect([hops.length, broken(hops)]).toEqual([TO_SERVER.length + 1, []]);
});

test.each(CASES)("$name is named by its cause over a socket too", async ({ bad, broken: expected }) => {
  expect(broken(await hopsWith(bad, "sockets"))).toEqual(expected);
});
