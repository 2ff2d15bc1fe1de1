import { TASK_STATES, type TaskState } from "../scenario/a2a.ts";
import { type NamedRequest, type ReadRequest, isEventStream } from "./http-exchange.ts";

/** Under this key of a message's metadata an agent introduces itself to the agent that it asks. */
export const CALLER_METADATA = "troupe.caller";

export const CARD_PATH = "/.well-known/agent-card.json";

/** What a request asks for, as far as its text tells. */
export interface A2aCall {
  /** The JSON-RPC method; for anything else `{method} {path}` of HTTP. */
  readonly method: string;
  readonly isRpc: boolean;
  /** The JSON-RPC id; "card" for the card. */
  readonly id: string;
  /** The agent that asks, where its message says so. */
  readonly agent?: string;
  /** The conversation that the message belongs to, where it says so. */
  readonly contextId?: string;
  /** Where the message itself may hold a context, which belongs into the headers. */
  readonly places: readonly unknown[];
}

export function callIn({ url, method, text }: Omit<ReadRequest, "headers">): A2aCall {
  const body = method === "POST" ? jsonOf(text) : undefined;
  const rpc = at(body, "method");
  const { pathname } = new URL(url);
  if (typeof rpc !== "string") {
    return {
      method: `${method} ${pathname}`,
      isRpc: false,
      id: pathname === CARD_PATH ? "card" : pathname,
      places: [],
    };
  }
  const agent = at(body, "params", "message", "metadata", CALLER_METADATA);
  const contextId = at(body, "params", "message", "contextId");
  return {
    method: rpc,
    isRpc: true,
    id: String(at(body, "id")),
    places: [at(body, "params", "_meta"), at(body, "params", "metadata"), at(body, "params", "message", "metadata")],
    ...(typeof agent === "string" && agent !== "" ? { agent } : {}),
    ...(typeof contextId === "string" && contextId !== "" ? { contextId } : {}),
  };
}

/** How the ledger calls a request to an A2A agent. */
export function a2aName(request: ReadRequest): NamedRequest {
  const { id, method, agent, places } = callIn(request);
  return { protocol: "a2a", id, method, places, ...(agent === undefined ? {} : { agent }) };
}

/** What a reply says of its task, and of what went wrong. */
export interface A2aOutcome {
  readonly task?: string;
  readonly state?: TaskState;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Reads a reply's body, JSON or an event stream; of a stream the last word counts. */
export function outcomeIn(text: string, contentType: string | null): A2aOutcome {
  const messages = isEventStream(contentType) ? eventsIn(text) : [jsonOf(text)];
  let outcome: A2aOutcome = {};
  for (const message of messages) outcome = { ...outcome, ...outcomeOf(message) };
  return outcome;
}

function outcomeOf(message: unknown): A2aOutcome {
  const error = at(message, "error");
  if (error !== undefined) return { error: { code: String(at(error, "code")), message: String(at(error, "message")) } };
  const result = at(message, "result");
  const told = at(result, "task") ?? at(result, "statusUpdate") ?? at(result, "artifactUpdate") ?? result;
  const task = at(told, "taskId") ?? at(told, "id");
  const state = taskStateOf(at(told, "status", "state"));
  return {
    ...(typeof task === "string" && task !== "" ? { task } : {}),
    ...(state === undefined ? {} : { state }),
  };
}

function eventsIn(text: string): readonly unknown[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => jsonOf(line.slice("data:".length)));
}

const STATES: ReadonlySet<string> = new Set(TASK_STATES);

/** A task state as it crosses, `TASK_STATE_INPUT_REQUIRED`, in Troupe's own words, `input-required`. */
export function taskStateOf(name: unknown): TaskState | undefined {
  const word = String(name).replace("TASK_STATE_", "").replaceAll("_", "-").toLowerCase();
  return isTaskState(word) ? word : undefined;
}

function isTaskState(word: string): word is TaskState {
  return STATES.has(word);
}

/** A value deep in JSON that somebody else wrote. */
function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = Reflect.get(Object(found), key);
  return found;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `unixNano` as RFC 3339 in UTC, to the millisecond. */
export function timestampOf(unixNano: bigint): string {
  return new Date(Number(unixNano / 1_000_000n)).toISOString();
}
