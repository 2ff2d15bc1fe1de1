import {
  agent,
  defineScenario,
  healthy,
  matchesShape,
  mustFail,
  noErrors,
  oneTrace,
  type Scenario,
  scriptedModel,
  user,
} from "troupe";
import { type Passage, retrieve } from "./rag-spans.ts";

const SHAPE = `
- agent support:
    - retrieval tickets
    - llm
`;

/** A model that is as sure of itself with good passages as with none. */
const model = scriptedModel("sure-model", [{ answer: { say: "Press the button for ten seconds." } }]);

/** The same question; once the index was built from the wrong language, and nothing fits. */
function story(name: string, found: readonly Passage[], expect: Scenario["expect"]): Scenario {
  const support = agent("support", async (turn) => {
    await retrieve("tickets", turn.input, () => found);
    const { text } = await turn.model();
    return turn.reply(text);
  });
  return defineScenario({
    name,
    description: "No error anywhere, and an answer from nothing: what the search found does not fit the question.",
    agents: [support],
    model,
    attributes: { "prompt.version": "v7", "feature.id": "support" },
    script: [user.says("My router blinks red, what can I do?")],
    expect: [matchesShape(SHAPE), oneTrace(), noErrors(), healthy("late-child"), ...expect],
  });
}

export const failed: Scenario = story(
  "failed-retrieval",
  [
    { id: "ticket-311", score: 0.14 },
    { id: "ticket-8", score: 0.11 },
    { id: "ticket-90", score: 0.09 },
  ],
  [mustFail(healthy("retrieval-low-score"), "retrieval tickets: the best of 3 documents scores 0.14, below 0.3")],
);

export const fitting: Scenario = story(
  "failed-retrieval-healthy",
  [
    { id: "ticket-42", score: 0.87 },
    { id: "ticket-311", score: 0.63 },
  ],
  [healthy("retrieval-low-score"), healthy("retrieval-empty")],
);
