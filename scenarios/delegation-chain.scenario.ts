import {
  a2aAgent,
  agent,
  defineScenario,
  healthy,
  noErrors,
  oneTrace,
  propagation,
  scriptedModel,
  shapeFile,
  user,
} from "troupe";
import { archive } from "../mock-servers/archive.ts";
import { library } from "../mock-servers/library.ts";

const model = scriptedModel("chain-model", [
  { when: { agent: "planner", answered: 0 }, answer: { say: "This wants research." } },
  { answer: [{ say: "Found it." }, { say: "That should do." }] },
]);

const archivist = a2aAgent("archivist", {
  description: "Knows the archive",
  servers: [archive],
  model,
  work: async (turn) => {
    const { box } = await turn.tool(archive, "find_box", { subject: turn.input });
    return turn.reply(await turn.resource(archive, `box://${box}`));
  },
});

const researcher = a2aAgent("researcher", {
  description: "Finds out",
  servers: [archivist, library],
  model,
  work: async (turn) => {
    const [papers, books] = await Promise.all([
      turn.ask(archivist, "lighthouse", { stream: true }),
      turn.tool(library, "search", { subject: turn.input }),
    ]);
    await turn.model();
    return turn.reply(`${papers.text}; ${books.titles.join(", ")}`);
  },
});

const planner = agent("planner", async (turn) => {
  await turn.model();
  const found = await turn.ask(researcher, "lighthouses");
  await turn.model();
  return turn.reply(`Read ${found.text}.`);
});

export default defineScenario({
  name: "delegation-chain",
  description:
    "An agent asks a remote agent, which asks a third while it reads for itself: context crosses four processes.",
  agents: [planner],
  servers: [researcher],
  model,
  script: [user.says("What is known of lighthouses?")],
  expect: [shapeFile("delegation-chain.shape.yaml"), oneTrace(), propagation(), noErrors(), healthy("late-child")],
});
