/** What somebody changed of an agent is what a replay reports, alone and beside other changes: that, and nothing else. */
import { expect, test } from "vitest";
import { prepareThread } from "../../../src/run/prepare-thread.ts";
import { changesOf, planted, PLANTS, type Plant, recordedHandoff, replayed } from "./parcels.ts";

prepareThread();

const handoff = await recordedHandoff();

const SETS: readonly (readonly Plant[])[] = [
  [],
  ...PLANTS.map((one) => [one]),
  ...PLANTS.flatMap((one, index) => PLANTS.slice(index + 1).map((other) => [one, other])),
  PLANTS,
];

/** What a report of these changes says, in order of text. */
function wordsOf(plants: readonly Plant[]): readonly string[] {
  const has = (plant: Plant): boolean => plants.includes(plant);
  const models = has("a lost handoff") ? 1 : 2;
  return [
    ...(has("an extra tool call") ? ["added tool track"] : []),
    ...(has("a lost handoff") ? ["removed handoff triage -> billing"] : []),
    ...(has("a swapped order") ? ["reordered tool track"] : []),
    ...(has("changed arguments") ? ["changed tool shelf arguments"] : []),
    ...(has("a different model") ? Array.from({ length: models }, () => "changed llm gpt-10 model") : []),
    ...(has("a new retry") ? [`retry tool ${has("a swapped order") ? "track" : "shelf"}`] : []),
  ].toSorted();
}

test.for(SETS.map((plants) => [plants.join(", ") || "no change", plants] as const))(
  "%s: reported as exactly that",
  async ([, plants]) => {
    const result = await replayed(handoff, planted(plants));
    expect(result.failures).toEqual([]);
    expect(changesOf(result).toSorted()).toEqual(wordsOf(plants));
  },
);
