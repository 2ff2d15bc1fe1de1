import {
  type Artifact as WireArtifact,
  type Message,
  Part,
  type StreamResponse,
  type Task,
  type TaskStatus,
  taskStateToJSON,
} from "@a2a-js/sdk";
import type { Json } from "../core/json.ts";
import type { Artifact, RemoteReply } from "../scenario/a2a.ts";
import { taskStateOf } from "../wire/a2a-exchange.ts";

/** What a stream has said of a task so far. */
interface Standing {
  task: string;
  status: TaskStatus | undefined;
  readonly artifacts: Map<string, WireArtifact>;
}

/** A stream that has said nothing yet. */
export function beginStanding(): Standing {
  return { task: "", status: undefined, artifacts: new Map() };
}

/** What a stream says of a task. */
type Update = Exclude<NonNullable<StreamResponse["payload"]>, { readonly $case: "message" }>;

/** Takes in what a stream says next. */
export function hear(standing: Standing, update: Update): void {
  if (update.$case === "task") {
    const { id, status, artifacts } = update.value;
    standing.task = id;
    standing.status = status;
    for (const artifact of artifacts) standing.artifacts.set(artifact.artifactId, artifact);
    return;
  }
  standing.task = update.value.taskId;
  if (update.$case === "statusUpdate") {
    standing.status = update.value.status;
    return;
  }
  const { artifact, append } = update.value;
  if (artifact === undefined) return;
  const known = append ? standing.artifacts.get(artifact.artifactId) : undefined;
  const parts = [...(known?.parts ?? []), ...artifact.parts];
  standing.artifacts.set(artifact.artifactId, { ...artifact, name: artifact.name || (known?.name ?? ""), parts });
}

/** A message is an answer without a task. @throws Error when it is none: the SDK makes one of whatever comes. */
export function replyOfMessage({ messageId, parts }: Message, agent: string): RemoteReply {
  if (messageId === "" && parts.length === 0) throw new Error(NO_ANSWER);
  return { agent, text: textOf(parts), state: "completed", task: null, artifacts: [] };
}

/** @throws Error when it is no task, or in no state that A2A knows. */
export function replyOfTask({ id, status, artifacts }: Task, agent: string): RemoteReply {
  if (id === "") throw new Error(NO_ANSWER);
  const byId = new Map(artifacts.map((artifact) => [artifact.artifactId, artifact]));
  return replyOf({ task: id, status, artifacts: byId }, agent);
}

const NO_ANSWER = "the answer is neither a message nor a task";

/** The reply that a task is as it stands. @throws Error when it is in no state that A2A knows, or nothing was said. */
export function replyOf({ task, status, artifacts }: Standing, agent: string): RemoteReply {
  if (task === "") throw new Error("the stream ended before it said anything");
  const state = status === undefined ? undefined : taskStateOf(taskStateToJSON(status.state));
  if (state === undefined) throw new Error(`task ${task} is in no state that A2A knows`);
  return {
    agent,
    text: textOf(status?.message?.parts ?? []),
    state,
    task,
    artifacts: [...artifacts.values()].map(({ name, parts }): Artifact => ({ name, content: contentOf(parts) })),
  };
}

/** The words of a message, a part a line; parts that are no text are left out. */
function textOf(parts: readonly Part[]): string {
  return parts.flatMap(({ content }) => (content?.$case === "text" ? [content.value] : [])).join("\n");
}

/** Of one part its content; of texts the whole text, as it was streamed; else a list. */
function contentOf(parts: readonly Part[]): Json {
  const contents = parts.map(partContent);
  if (contents.length === 1) return contents[0] ?? null;
  return contents.every((content) => typeof content === "string") ? contents.join("") : contents;
}

/** Text and data as such; a file or an address as the part's own JSON. */
function partContent(part: Part): Json {
  if (part.content?.$case === "text") return part.content.value;
  // Both came as JSON, and the SDK's types do not say so.
  return (part.content?.$case === "data" ? (part.content.value ?? null) : Part.toJSON(part)) as Json;
}
