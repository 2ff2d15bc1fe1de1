import fc from "fast-check";
import { expect, test } from "vitest";
import { caseFiles, slugOf } from "../../src/recording/case-files.ts";
import { conversationName } from "../../src/recording/conversations.ts";
import { readRecording } from "../../src/recording/recording.ts";
import { redactor } from "../../src/recording/redactor.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import { canonicalText } from "../../src/trace/canonical.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { treesOf } from "../check/traces.ts";
import { hostileText, hostileTrace } from "./hostile.ts";
import { recordingOf, replayed } from "./round-trip.ts";

/** What is left of a program once its JSON texts are out. */
const withoutTexts = (code: string): string => code.replaceAll(/"(?:[^"\\\n\r\u2028\u2029]|\\.)*"/g, "TEXT");

const SCENARIO = withoutTexts(
  caseFiles(recordingOf(treesOf({ name: "a", attributes: { "gen_ai.operation.name": "chat" } })), {
    slug: "a",
    description: "",
  })[0]?.text ?? "",
);

test("of a hostile trace nothing but JSON texts reaches the scenario, and its files stay in their folder", () => {
  fc.assert(
    fc.property(hostileTrace, hostileText, (draft, description) => {
      const trees = treesOf(draft);
      const slug = slugOf(conversationName(trees));
      const files = caseFiles(recordingOf(trees, redactor()), { slug, description });
      expect(withoutTexts(files[0]?.text ?? "")).toBe(SCENARIO);
      for (const { path } of files)
        expect(path).toMatch(/^([a-z0-9-]{1,60})\/\1\.(scenario\.ts|recording\.json|shape\.yaml)$/);
    }),
    { numRuns: 50 },
  );
});

test(
  "the case of a hostile trace runs, leaves the recorded tree, and matches its own shape",
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(hostileTrace, async (draft) => {
        const recording = recordingOf(treesOf(draft), redactor());
        const [, file, shape] = caseFiles(recording, { slug: "a" });
        const again = await replayed(readRecording(file?.text ?? "", "a"));
        expect(again.problems).toEqual([]);
        expect(again.canonical).toBe(canonicalText(buildTrees(recording.trajectory ?? [])));
        expect(matchShape(parseShape(shape?.text ?? "", "a"), again.trees).verdict).toBe("matched");
      }),
      { numRuns: 12 },
    );
  },
);
