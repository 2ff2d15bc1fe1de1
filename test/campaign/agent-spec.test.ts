import { expect, test } from "vitest";
import { loadAgents } from "../../src/campaign/agent-spec.ts";

test("a command is split into words as a shell does, and a URL is a service; neither has a name", async () => {
  const command = await loadAgents(`node --import troupe/register "my agent.mjs" --say 'two words'`);
  expect(command).toMatchObject({
    isNameless: true,
    agents: [
      { adapter: "command", command: ["node", "--import", "troupe/register", "my agent.mjs", "--say", "two words"] },
    ],
  });
  const service = await loadAgents("http://127.0.0.1:8080/chat");
  expect(service).toMatchObject({
    isNameless: true,
    agents: [{ adapter: "http", url: "http://127.0.0.1:8080/chat" }],
  });
});
