import { AsyncResource } from "node:async_hooks";
import { type Artifact, type Message, type Part, Role, TaskState } from "@a2a-js/sdk";
import { AgentEvent, type ExecutionEventBus, type RequestContext } from "@a2a-js/sdk/server";
import type { Clock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import type { RemoteAnswer } from "../scenario/a2a.ts";
import { timestampOf } from "../wire/a2a-exchange.ts";

/** What the work on a message can do with its task. Once the task has ended, nothing. */
export interface TaskHandle {
  progress(text: string): void;
  artifact(name: string, content: Json): void;
  /** Aborts when the task is canceled; its listeners run in the context of the request that the work is on. */
  readonly signal: AbortSignal;
}

const ENDS: Readonly<Record<RemoteAnswer["state"], TaskState>> = {
  completed: TaskState.TASK_STATE_COMPLETED,
  "input-required": TaskState.TASK_STATE_INPUT_REQUIRED,
  failed: TaskState.TASK_STATE_FAILED,
  rejected: TaskState.TASK_STATE_REJECTED,
};

/** What may become a task, over all its messages. Ids are counted inside the task's own, which the SDK drew. */
export class TaskRun {
  bus: ExecutionEventBus | undefined;
  readonly #id: string;
  readonly #contextId: string;
  readonly #clock: Clock;
  readonly #aborts = new Set<() => void>();
  #isTask = false;
  #isOver = false;
  #messages = 0;
  #artifacts = 0;

  constructor({ taskId, contextId }: RequestContext, clock: Clock) {
    this.#id = taskId;
    this.#contextId = contextId;
    this.#clock = clock;
  }

  /** Whether the task has ended: nothing that its work still does changes it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether no work on it is under way. */
  get isIdle(): boolean {
    return this.#aborts.size === 0;
  }

  /** One message's work on the task. After `close` its handle does nothing. */
  work(): { readonly handle: TaskHandle; readonly close: () => void } {
    const aborting = new AbortController();
    // Whoever cancels is another caller, and listeners run in the context of who aborts.
    const caller = new AsyncResource("troupe");
    const abort = (): void => caller.runInAsyncScope(() => aborting.abort());
    this.#aborts.add(abort);
    const whileOpen = (act: () => void): void => {
      if (this.#aborts.has(abort) && !this.#isOver) act();
    };
    return {
      handle: {
        signal: aborting.signal,
        progress: (text) => whileOpen(() => this.#status(TaskState.TASK_STATE_WORKING, text)),
        artifact: (name, content) => whileOpen(() => this.#artifact(name, content)),
      },
      close: () => void this.#aborts.delete(abort),
    };
  }

  /** Makes this a task. Of each message's events the first must be the task, also where it `isKnown`. */
  begin(isKnown = false): void {
    if (this.#isTask && !isKnown) return;
    this.#isTask = true;
    const status = { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp: this.#now() };
    const { id, contextId } = { id: this.#id, contextId: this.#contextId };
    this.bus?.publish(AgentEvent.task({ id, contextId, status, artifacts: [], history: [], metadata: undefined }));
  }

  answer({ state, text }: RemoteAnswer): void {
    if (this.#isOver) return;
    if (state === "completed" && !this.#isTask) {
      this.#isOver = true;
      this.bus?.publish(AgentEvent.message(this.#message(text, "")));
      return;
    }
    this.#isOver = state !== "input-required";
    this.#status(ENDS[state], text);
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#status(TaskState.TASK_STATE_CANCELED, "canceled by the caller");
    for (const abort of this.#aborts) abort();
  }

  #status(state: TaskState, text: string): void {
    this.begin();
    const status = { state, message: this.#message(text, this.#id), timestamp: this.#now() };
    const { taskId, contextId } = { taskId: this.#id, contextId: this.#contextId };
    this.bus?.publish(AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined }));
  }

  #artifact(name: string, content: Json): void {
    this.begin();
    const artifact: Artifact = {
      artifactId: `${this.#id}/artifact-${++this.#artifacts}`,
      name,
      description: "",
      parts: [partOf(content)],
      metadata: undefined,
      extensions: [],
    };
    this.bus?.publish(
      AgentEvent.artifactUpdate({
        taskId: this.#id,
        contextId: this.#contextId,
        artifact,
        append: false,
        lastChunk: true,
        metadata: undefined,
      }),
    );
  }

  #message(text: string, taskId: string): Message {
    return {
      messageId: `${this.#id}/message-${++this.#messages}`,
      contextId: this.#contextId,
      taskId,
      role: Role.ROLE_AGENT,
      parts: [partOf(text)],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    };
  }

  #now(): string {
    return timestampOf(this.#clock.nowUnixNano());
  }
}

function partOf(content: Json): Part {
  return typeof content === "string"
    ? { content: { $case: "text", value: content }, mediaType: "text/plain", filename: "", metadata: undefined }
    : { content: { $case: "data", value: content }, mediaType: "application/json", filename: "", metadata: undefined };
}
