import { agent, defineScenario, healthy, mustFail, noErrors, oneTrace, propagation, shapeFile, user } from "troupe";
import { orders } from "../mock-servers/orders.ts";
import { payments } from "../mock-servers/payments.ts";
import { riskAgent } from "../mock-servers/risk.ts";

const ATTEMPTS = 4;

/** Asks again where no answer came, or a bad one, as everybody has to over a real network. */
async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

const clerk = agent("clerk", async (turn) => {
  const { id, amount } = await retried(() => turn.tool(orders, "lookup_order", { id: "A-17" }));
  const question = `May ${amount} be paid back for order ${id}?`;
  const risk = await retried(() => turn.ask(riskAgent, question)).catch(() => undefined);
  if (risk?.text !== "approved") return turn.reply("A colleague will look into it.");
  await retried(async () => {
    try {
      await turn.tool(payments, "refund", { order: id, amount });
    } catch (error) {
      // Of an earlier attempt only the answer was lost: the money has gone.
      if (!String(error).includes("was refunded before")) throw error;
    }
  });
  return turn.reply(`Refunded ${amount}.`);
});

export default defineScenario({
  name: "flaky-tools",
  description:
    "An agent that asks again: calls and answers get lost, come late, or say that something is out of order.",
  agents: [clerk],
  servers: [orders, payments, riskAgent],
  script: [user.says("I was charged twice for order A-17.")],
  faults: [
    { fault: "drop", tool: "lookup_order", occurrence: 1 },
    { fault: "is-error", text: "the archive is locked", tool: "lookup_order", occurrence: 2 },
    { fault: "delay", ms: { p50: 20, p90: 150, p99: 600 }, to: "orders" },
    { fault: "http-status", status: 503, body: "overloaded", to: "risk", direction: "request", rate: 0.4 },
    { fault: "drop", direction: "reply", tool: "refund", occurrence: 1 },
  ],
  limits: { requestMs: 1500 },
  expect: [
    shapeFile("flaky-tools.shape.yaml"),
    oneTrace(),
    propagation(),
    healthy("late-child"),
    mustFail(noErrors(), "did not answer tools/call lookup_order"),
  ],
  survivors: [
    {
      mutation: "stale",
      method: "notifications/cancelled",
      why: "it is about a request that is over, and has no span of its own that its context could be told from",
    },
  ],
});
