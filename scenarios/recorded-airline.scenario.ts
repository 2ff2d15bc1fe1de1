import {
  defineScenario,
  healthy,
  noErrors,
  noRepeatedCall,
  oneTrace,
  propagation,
  reachesOutcome,
  recordedConversation,
  shapeFile,
} from "troupe";
import recording from "./recorded-airline.recording.json" with { type: "json" };

const conversation = recordedConversation("airline", recording.traj);

/** A recorded conversation as a scenario. To hold an agent of your own to it, name it in `agents`. */
export default defineScenario({
  name: "recorded-airline",
  description: "A conversation in the form of a tau-bench run: what user, model and tools said is what they say again.",
  ...conversation,
  persona: { ...conversation.persona, situation: recording.info.task.instruction },
  attributes: { "feature.id": "waiting-list" },
  expect: [
    shapeFile("recorded-airline.shape.yaml"),
    oneTrace(),
    propagation(),
    noErrors(),
    healthy("late-child"),
    noRepeatedCall({ max: 2 }),
    reachesOutcome(),
  ],
});
