import { a2aAgent, scriptedModel } from "troupe";

/** A remote agent that says whether money may be paid back. It remembers what it was asked before. */
export const riskAgent = a2aAgent("risk", {
  description: "Assesses the risk of a refund",
  skills: [{ id: "assess", name: "Assess a refund", description: "Says whether to refund an order", tags: ["risk"] }],
  model: scriptedModel("risk-model", [
    { when: { user: /249/ }, answer: [{ say: "Plausible: charged twice." }, { say: "Low risk." }] },
    { answer: { say: "Nothing speaks against it." } },
  ]),
  work: async (turn) => {
    if (turn.occurrence > 2) return turn.reject("asked too often");
    turn.progress("looking at the account");
    const { text } = await turn.model();
    turn.artifact("assessment", { score: turn.random.integer(1, 20), reason: text });
    return turn.reply("approved");
  },
});
