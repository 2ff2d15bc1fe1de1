import { expect, test } from "vitest";
import { ASKER_HEADER, callerIn, ownUserAgent, toldAsker } from "../../src/wire/asker.ts";

test("a header that encodes no name is somebody else's, and throws nothing", () => {
  const headers = new Headers({ "user-agent": "troupe/%", "troupe-message": "%#1" });
  expect(callerIn(headers)).toEqual({ from: "troupe/%", isOwn: false });
  expect(toldAsker({ [ASKER_HEADER]: "%/clerk" })).toBeUndefined();
});

test("a service of any name is read as it was written", () => {
  const headers = new Headers({ "user-agent": ownUserAgent("sales desk/é") });
  expect(callerIn(headers)).toEqual({ from: "sales desk/é", isOwn: true });
});
