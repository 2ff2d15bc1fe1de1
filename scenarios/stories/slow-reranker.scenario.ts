import {
  agent,
  defineScenario,
  healthy,
  matchesShape,
  mustFail,
  noErrors,
  oneTrace,
  type Scenario,
  user,
} from "troupe";
import { type Passage, rerank, retrieve } from "./rag-spans.ts";

const SHAPE = `
- agent librarian:
    - retrieval handbook
    - rerank
    - llm
`;

const FOUND: readonly Passage[] = Array.from({ length: 40 }, (_, index) => ({
  id: `handbook/${index + 1}`,
  score: 0.9 - index / 100,
}));

/** The same question to the same handbook; only what is reranked, and how fast, differs. */
function story(name: string, passages: number, perPassageMs: number, expect: Scenario["expect"]): Scenario {
  const librarian = agent("librarian", async (turn) => {
    const found = await retrieve("handbook", turn.input, () => FOUND.slice(0, passages));
    await rerank("cross-encoder", found, perPassageMs);
    await turn.model();
    return turn.reply("You have thirty days.");
  });
  return defineScenario({
    name,
    description: "The answer is right and late: a reranker reads every passage that the search found.",
    agents: [librarian],
    attributes: { "prompt.version": "v4", "feature.id": "handbook" },
    // In real processes the reranker would be waited for in real time.
    modes: ["sim"],
    script: [user.says("How many days do I have to return a purchase?")],
    expect: [matchesShape(SHAPE), oneTrace(), noErrors(), healthy("late-child"), ...expect],
  });
}

export const slow: Scenario = story("slow-reranker", 40, 95, [
  mustFail(healthy("slow-step"), /^rerank cross-encoder: 3\.8 s of .* were spent waiting for it/),
]);

export const quick: Scenario = story("slow-reranker-healthy", 10, 9, [healthy("slow-step")]);
