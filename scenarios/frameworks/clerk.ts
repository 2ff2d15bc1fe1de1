/** What the scenarios of frameworks have in common: one script, one model, the same servers. */
import { type CommandAgent, type Model, commandAgent, scriptedModel } from "troupe";

/** From a clone `troupe/register` is TypeScript. A project that has installed Troupe writes `node --import troupe/register`. */
const NODE = [process.execPath, "--conditions=troupe-source", "--import", "tsx", "--import", "troupe/register"];

/** An agent on a framework, as a program. `module` exports its `answer`. */
export function frameworkAgent(name: string, module: string): CommandAgent {
  return commandAgent(name, { command: [...NODE, "main.mjs", module], over: "stdin" });
}

const looking = { call: [{ tool: "lookup_order", arguments: { id: "A-17" } }] };
const refunding = { call: [{ tool: "refund", arguments: { order: "A-17", amount: 249 } }] };

/** Hands over where it can; then looks an order up, refunds it, and says so. */
export const model: Model = scriptedModel("mock-model", [
  { when: { after: "refund" }, answer: { say: "The second charge is refunded." } },
  { when: { after: "lookup_order" }, answer: refunding },
  { when: { after: "transfer_to_billing" }, answer: looking },
  { when: { user: "A-17", offers: "transfer_to_billing" }, answer: { call: [{ tool: "transfer_to_billing" }] } },
  { when: { user: "A-17" }, answer: looking },
]);
