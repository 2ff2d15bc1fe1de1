/** Stand-ins for the real world, each served by a process of its own. */
import { mcpServer, scriptedModel, tool } from "troupe";

export const model = scriptedModel(
  "gpt-5",
  [
    { when: { after: "lookup" }, answer: { say: "Ann, it is lost; ask zebra-crossing-77 at ann@example.com." } },
    { when: { user: "retry", attempt: 1 }, answer: { fail: { status: 429, retryAfterMs: 1, message: "slow down" } } },
    { when: { user: "break" }, answer: { fail: { status: 500, message: "no" } } },
    { when: { offers: "lookup", user: "Where" }, answer: { call: [{ tool: "lookup", arguments: { id: "A-17" } }] } },
    { when: { user: "Where" }, answer: { say: "It is on its way." } },
    { answer: { say: "You are welcome. Wörds of several pieces, to be streamed one after the other." } },
  ],
  { timing: { firstChunkMs: [1, 1], tokensPerSecond: 1_000_000 } },
);

const input = { type: "object", properties: { id: { type: "string" } }, required: ["id"] } as const;

export const orders = mcpServer("orders", {
  latencyMs: [0, 0],
  tools: {
    lookup: tool({
      description: "Finds an order",
      input,
      handle: () => ({ state: "lost", owner: "ann@example.com", code: "zebra-crossing-77" }),
    }),
    refund: tool({ input, handle: () => "refunded" }),
  },
});
