import {
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
import { library } from "../mock-servers/library.ts";

const SUBJECTS = ["the sea", "trade", "weather"] as const;

const researcher = (name: string) =>
  agent(name, async (turn) => {
    const titles: string[] = [];
    for (const subject of SUBJECTS) titles.push(...(await turn.tool(library, "search", { subject })).titles);
    await turn.model();
    return turn.reply(`${name}: ${titles.join(", ")}`);
  });

const historian = researcher("historian");
const sailor = researcher("sailor");

const editor = agent("editor", async (turn) => {
  await turn.model();
  const found = await Promise.all([turn.ask(historian, turn.input), turn.ask(sailor, turn.input)]);
  await turn.model();
  return turn.reply(found.map(({ text }) => text).join("\n"));
});

export default defineScenario({
  name: "parallel-research",
  description: "Two workers at once over one server; the seed decides who is answered first.",
  agents: [editor, historian, sailor],
  servers: [library],
  model: scriptedModel("research-model", [
    { when: { agent: "editor", answered: 0 }, answer: { say: "I will ask both." } },
    { when: { agent: "editor" }, answer: [{ say: "Here is what they found." }, { say: "Two reading lists." }] },
    { answer: [{ say: "That should do." }, { say: "These look right." }, { say: "A good start." }] },
  ]),
  script: [user.says("What should I read about life by the sea?")],
  expect: [shapeFile("parallel-research.shape.yaml"), oneTrace(), propagation(), noErrors(), healthy("late-child")],
});
