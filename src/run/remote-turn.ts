import type { Attributes } from "@opentelemetry/api";
import type { Json } from "../core/json.ts";
import { type Random, hash64, randomStream } from "../core/random.ts";
import type { A2aRequest, TaskHandle } from "../mock/a2a-agent.ts";
import type { A2aAgent, AskOptions, RemoteAnswer, RemoteQuestion, RemoteReply, RemoteTurn } from "../scenario/a2a.ts";
import { type Actor, agentActorName } from "../telemetry/actor.ts";
import { inSpan } from "../telemetry/spans.ts";
import type { Cast } from "./cast.ts";
import { RecordedSteps } from "./recorded-steps.ts";
import type { Stage } from "./stage.ts";
import { Steps } from "./steps.ts";
import { invokeAttributes } from "./turn.ts";

/** Whose code a remote agent's is. */
export function remoteActor(stage: Stage, { name }: A2aAgent): Actor {
  return stage.actor(agentActorName(name), name);
}

/**
 * Has a remote agent work on a message, inside its `invoke_agent` span. Runs as its actor, in the context of the request.
 *
 * @throws whatever the agent throws.
 */
export function performRemote(
  stage: Stage,
  cast: Cast,
  agent: A2aAgent,
): (request: A2aRequest, task: TaskHandle) => Promise<RemoteAnswer> {
  const { tracer } = remoteActor(stage, agent).service;
  const { again } = agent;
  return (request, task) => {
    if (again !== undefined) {
      const performed = performAgain(stage, cast, { ...agent, again }, request, task);
      stage.keepInHand(performed);
      return performed;
    }
    const attributes = invokeAttributes(agent.name, request.contextId);
    const working = inSpan(
      tracer,
      { name: `invoke_agent ${agent.name}`, attributes },
      async (): Promise<RemoteAnswer> => {
        try {
          const answer = await agent.work(new RemoteAgentTurn(stage, cast, agent, request, task));
          return typeof answer === "string" ? { text: answer, agent: agent.name, state: "completed" } : checked(answer);
        } catch (error) {
          // Nobody waits for an answer any more, and to stop is what the agent was asked.
          if (error instanceof CanceledError) return { text: "", agent: agent.name, state: "failed" };
          throw error;
        }
      },
    );
    stage.keepInHand(working);
    return working;
  };
}

/** Has a remote stand-in do again what was recorded; a task comes of it where one came of it then. */
async function performAgain(
  stage: Stage,
  cast: Cast,
  agent: A2aAgent & Required<Pick<A2aAgent, "again">>,
  request: A2aRequest,
  task: TaskHandle,
): Promise<RemoteAnswer> {
  const part = {
    stage,
    cast,
    agent: agent.name,
    actor: remoteActor(stage, agent),
    messages: [],
    conversation: request.contextId,
    trajectory: `${agent.name}/${request.taskId}`,
  };
  const work = agent.again(questionOf(stage, agent, request));
  const { text, state } = work.reply;
  if (state !== null) task.progress("");
  await new RecordedSteps(part, () => Promise.reject(new Error("it has no other agents in its process"))).perform(work);
  return { text, agent: agent.name, state: state ?? "completed" };
}

function questionOf(stage: Stage, { name }: A2aAgent, { caller, text }: A2aRequest): RemoteQuestion {
  const asked = `a2a/${name}/${caller}`;
  const said = `${asked}/${hash64(text)}`;
  const occurrence = stage.occurrence(said);
  const random = randomStream(stage.identity.seed, `${said}/${occurrence}`);
  return { caller, text, occurrence, place: stage.occurrence(asked), random };
}

/** The caller has cancelled the task: its next step ends the work on it. */
class CanceledError extends Error {
  override readonly name = "CanceledError";
}

const STATES: readonly unknown[] = ["completed", "input-required", "failed", "rejected"];

function checked(answer: RemoteAnswer): RemoteAnswer {
  if (typeof answer?.text === "string" && STATES.includes(answer.state)) return answer;
  throw new Error(
    `it returned ${JSON.stringify(answer) ?? "nothing"}, which is no answer; return a text or turn.reply(text)`,
  );
}

class RemoteAgentTurn extends Steps implements RemoteTurn<never> {
  readonly input: string;
  readonly random: Random;
  readonly state: never;
  readonly caller: string;
  readonly occurrence: number;
  readonly round: number;
  readonly signal: AbortSignal;
  readonly #task: TaskHandle;

  constructor(stage: Stage, cast: Cast, agent: A2aAgent, request: A2aRequest, task: TaskHandle) {
    const { taskId, round, contextId } = request;
    const { caller, text, occurrence, random } = questionOf(stage, agent, request);
    const memory = `${agent.name}/${taskId}`;
    const messages = stage.memories.get(memory) ?? [];
    stage.memories.set(memory, messages);
    const actor = remoteActor(stage, agent);
    super({ stage, cast, agent: agent.name, actor, messages, conversation: contextId, trajectory: memory });
    this.input = text;
    // It was made by the definition that now receives it; only the definition knows its type.
    this.state = stage.state(agent) as never;
    this.caller = caller;
    this.occurrence = occurrence;
    this.random = random;
    this.round = round;
    this.signal = task.signal;
    this.#task = task;
    messages.push({ role: "user", text });
  }

  ask(target: A2aAgent, question: string, options?: AskOptions): Promise<RemoteReply> {
    return this.askRemote(target, question, options);
  }

  progress(text: string): void {
    this.#task.progress(text);
  }

  artifact(name: string, content: Json): void {
    this.#task.artifact(name, content);
  }

  async pause(ms: number): Promise<void> {
    this.#stopIfCanceled();
    let stop = (): void => {};
    const canceled = new Promise<void>((resolve) => {
      stop = resolve;
    });
    this.signal.addEventListener("abort", stop);
    await Promise.race([this.part.stage.world.pause(ms * 1_000_000, true), canceled]);
    this.signal.removeEventListener("abort", stop);
    this.#stopIfCanceled();
  }

  protected override step(): Attributes {
    this.#stopIfCanceled();
    return super.step();
  }

  #stopIfCanceled(): void {
    if (this.signal.aborted) throw new CanceledError("the task was cancelled");
  }

  reply(text: string): RemoteAnswer {
    return this.#answer("completed", text);
  }

  needsInput(text: string): RemoteAnswer {
    return this.#answer("input-required", text);
  }

  fail(text: string): RemoteAnswer {
    return this.#answer("failed", text);
  }

  reject(text: string): RemoteAnswer {
    return this.#answer("rejected", text);
  }

  #answer(state: RemoteAnswer["state"], text: string): RemoteAnswer {
    return { state, text, agent: this.agent };
  }
}
