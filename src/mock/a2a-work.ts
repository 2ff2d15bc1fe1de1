import { Role } from "@a2a-js/sdk";
import type { AgentExecutor, ExecutionEventBus, RequestContext } from "@a2a-js/sdk/server";
import type { Clock } from "../core/clock.ts";
import type { RemoteAnswer } from "../scenario/a2a.ts";
import { portableWords } from "../telemetry/spans.ts";
import { CALLER_METADATA } from "../wire/a2a-exchange.ts";
import { type TaskHandle, TaskRun } from "./a2a-task.ts";

/** One message to a mock agent. */
export interface A2aRequest {
  /** Its parts as text, one a line; data as JSON. */
  readonly text: string;
  /** As the caller introduced itself, or "". */
  readonly caller: string;
  readonly contextId: string;
  /** Also where no task comes of it. */
  readonly taskId: string;
  /** Which message of its task this is, counted from 1. */
  readonly round: number;
  readonly messageId: string;
}

/** What a mock agent is given for one run. */
export interface A2aSurroundings {
  /** Where the agent is asked; its card says so. */
  readonly url: string;
  readonly clock: Clock;
  /** Does the agent's work on one message. */
  readonly perform: (request: A2aRequest, task: TaskHandle) => Promise<RemoteAnswer>;
  /** Hears of faults of the mock itself. */
  readonly onFault: (error: unknown) => void;
}

/** The agent's work as the SDK runs it. An answer becomes a task only when something makes it one. */
export class A2aWork implements AgentExecutor {
  readonly #agent: string;
  readonly #surroundings: A2aSurroundings;
  readonly #tasks = new Map<string, TaskRun>();

  constructor(agent: string, surroundings: A2aSurroundings) {
    this.#agent = agent;
    this.#surroundings = surroundings;
  }

  async execute(request: RequestContext, bus: ExecutionEventBus): Promise<void> {
    const { perform, onFault, clock } = this.#surroundings;
    const task = this.#tasks.get(request.taskId) ?? new TaskRun(request, clock);
    this.#tasks.set(request.taskId, task);
    task.bus = bus;
    if (request.task !== undefined) task.begin(true);
    const { handle, close } = task.work();
    let answer: RemoteAnswer;
    try {
      answer = await perform(requestOf(request), handle);
    } catch (error) {
      if (!task.isOver) onFault(error);
      answer = { agent: this.#agent, state: "failed", text: `the work threw ${portableWords(error)}` };
    } finally {
      close();
    }
    task.answer(answer);
    if (task.isOver && task.isIdle) this.#tasks.delete(request.taskId);
  }

  cancelTask(taskId: string, bus: ExecutionEventBus): Promise<void> {
    const task = this.#tasks.get(taskId);
    if (task !== undefined) {
      task.bus = bus;
      task.cancel();
      if (task.isIdle) this.#tasks.delete(taskId);
    }
    return Promise.resolve();
  }
}

function requestOf({ userMessage, contextId, taskId, task }: RequestContext): A2aRequest {
  const { parts, metadata, messageId } = userMessage;
  const caller: unknown = metadata?.[CALLER_METADATA];
  const texts = parts.flatMap(({ content }) => {
    if (content?.$case === "text") return [content.value];
    return content?.$case === "data" ? [JSON.stringify(content.value ?? null)] : [];
  });
  // The message itself is in the history of a task that it goes on with.
  const round = task === undefined ? 1 : task.history.filter(({ role }) => role === Role.ROLE_USER).length;
  return {
    text: texts.join("\n"),
    caller: typeof caller === "string" ? caller : "",
    contextId,
    taskId,
    round,
    messageId,
  };
}
