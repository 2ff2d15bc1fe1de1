import { scriptedModel } from "troupe";

/** A model for clients in any language. */
export const desk = scriptedModel(
  "desk",
  [
    { when: { agent: "billing" }, answer: { say: "To billing." } },
    { when: { user: "hello" }, answer: { say: "Hello to you." } },
  ],
  { timing: { firstChunkMs: [0, 0], tokensPerSecond: 100_000 } },
);
