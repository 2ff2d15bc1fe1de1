import { expect, test } from "vitest";
import { lostReplay } from "../../src/campaign/replay/lanes.ts";
import { replayText } from "../../src/report/replay-text.ts";

const CASE = { name: "parcel", file: "a/parcel.recording.json", seed: 3, repeat: "troupe replay a" };
const headerOf = (text: string): string | undefined => text.split("\n")[0];

test("a case is told with its file where several have its name", () => {
  const result = { ...lostReplay(CASE, []), verdict: "passed" } as const;
  expect(replayText(result)).toBe("✓ parcel seed 3: goes as it was recorded");
  expect(replayText(result, { hasFile: true })).toBe(
    "✓ parcel (a/parcel.recording.json) seed 3: goes as it was recorded",
  );
});

test("a case in quarantine says why, and one whose spans have not come says that", () => {
  expect(replayText(lostReplay(CASE, ["nobody speaks"]))).toBe(
    "? parcel seed 3: in quarantine, no candidate was judged on it\n  quarantined:\n    nobody speaks",
  );
  const unheard = { ...lostReplay(CASE, []), candidate: "http://127.0.0.1:8080/chat" };
  expect(headerOf(replayText(unheard))).toBe(
    "? parcel seed 3 with http://127.0.0.1:8080/chat: cannot be judged, since spans have not come",
  );
});
