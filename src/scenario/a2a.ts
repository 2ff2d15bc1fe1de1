import type { Json } from "../core/json.ts";
import type { Random } from "../core/random.ts";
import type { Reply, Turn } from "./agent.ts";
import type { Definition } from "./brand.ts";
import { DEFINITION, isDefinition } from "./brand.ts";
import { type Model, QUIET_MODEL } from "./model.ts";
import type { RecordedWork } from "./recorded-agent.ts";
import type { McpServer } from "./server.ts";

/** A2A's task states, without their prefix. */
export const TASK_STATES = [
  "submitted",
  "working",
  "input-required",
  "auth-required",
  "completed",
  "failed",
  "canceled",
  "rejected",
] as const;

export type TaskState = (typeof TASK_STATES)[number];

/** What a remote agent made besides words. */
export interface Artifact {
  readonly name: string;
  /** A text, or JSON data. */
  readonly content: Json;
}

/** What a remote agent answered: a message, which counts as completed, or the task as it stands. */
export interface RemoteReply extends Reply {
  readonly state: TaskState;
  /** Id of the task, to go on with it; null where the agent answered with a message. */
  readonly task: string | null;
  readonly artifacts: readonly Artifact[];
}

export interface AskOptions {
  /** Goes on with a task, as one that needs input: its id, or what the agent answered. */
  readonly task?: string | RemoteReply;
  /** Asks with `SendStreamingMessage` and takes the last that the stream says. */
  readonly stream?: boolean;
  /** Default true: waits until the task ends or needs input. With false, the task comes back as soon as there is one. */
  readonly wait?: boolean;
}

/** How a remote agent ends its work on a message. */
export interface RemoteAnswer extends Reply {
  readonly state: "completed" | "input-required" | "failed" | "rejected";
}

/** What a remote agent can do while it works on one message. */
export interface RemoteTurn<State = unknown> extends Omit<Turn, "handoff" | "ask" | "reply" | "payload"> {
  /** Asks another remote agent. Rejects with its words when it failed or would not take the task on. */
  ask(target: A2aAgent, question: string, options?: AskOptions): Promise<RemoteReply>;
  /** The agent's state in this run, shared by all its callers. Change it in place. */
  readonly state: State;
  /** Chance keyed by caller, words, and how often this caller has said them. */
  readonly random: Random;
  /** The agent that asks, as it introduced itself. */
  readonly caller: string;
  /** How often this caller has said these words, counted from 1. */
  readonly occurrence: number;
  /** Which message of its task this is, counted from 1: 2 and more answer what the agent asked back. */
  readonly round: number;
  /** Aborts when the caller cancels the task. The next step, and a `pause` at once, then ends the work. */
  readonly signal: AbortSignal;
  /** Makes this a task, and says how it goes. */
  progress(text: string): void;
  /** Makes this a task, and adds to what it gives. */
  artifact(name: string, content: Json): void;
  /** Time passes: simulated in `sim`, and real in `wire`. */
  pause(ms: number): Promise<void>;
  /** The answer: a message, or the end of the task where there is one. */
  reply(text: string): RemoteAnswer;
  /** Makes this a task that goes on when the caller answers. */
  needsInput(text: string): RemoteAnswer;
  /** Makes this a task that failed. */
  fail(text: string): RemoteAnswer;
  /** Makes this a task that the agent will not take on. */
  reject(text: string): RemoteAnswer;
}

/** A message to a remote agent, and what tells it from others that say the same. */
export interface RemoteQuestion {
  /** The agent that asks, as it introduced itself. */
  readonly caller: string;
  readonly text: string;
  /** How often this caller has said these words, counted from 1. */
  readonly occurrence: number;
  /** Which of this caller's messages it is, counted from 1. */
  readonly place: number;
  /** Chance keyed by caller, words and occurrence. */
  readonly random: Random;
}

/** What a remote agent offers, as its card lists it. */
export interface Skill {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
}

/** A mock A2A agent, a service of its own: asked over JSON-RPC, in `sim` without sockets, in `wire` as a child process. */
export interface A2aAgent extends Definition<"a2a-agent"> {
  readonly version: string;
  readonly description: string;
  readonly skills: readonly Skill[];
  /** The mock servers and remote agents that it uses itself. */
  readonly servers: readonly Mock[];
  readonly model: Model;
  /** Makes the state of one run. */
  readonly state: () => unknown;
  /** The state's type is known to the definition alone. */
  readonly work: (turn: RemoteTurn<never>) => Promise<RemoteAnswer | string>;
  /** Of a stand-in: finds what it does again instead of its work, or throws why there is nothing. */
  readonly again?: (question: RemoteQuestion) => RecordedWork;
}

export interface A2aAgentDefinition<State> extends Partial<
  Omit<A2aAgent, typeof DEFINITION | "name" | "work" | "state">
> {
  readonly state?: () => State;
  readonly work: (turn: RemoteTurn<State>) => Promise<RemoteAnswer | string>;
}

/** Defines a mock A2A agent: a function of what it was asked, with a fresh state in each run. */
export function a2aAgent<State = undefined>(name: string, definition: A2aAgentDefinition<State>): A2aAgent {
  return {
    version: "1.0.0",
    description: `The mock agent ${name}`,
    skills: [],
    servers: [],
    model: QUIET_MODEL,
    state: () => undefined,
    ...definition,
    name,
    [DEFINITION]: "a2a-agent",
  };
}

/** A part of a scenario that is a service of its own. */
export type Mock = McpServer | A2aAgent;

export function isA2aAgent(mock: Mock): mock is A2aAgent {
  return isDefinition(mock, "a2a-agent");
}

/** As a sentence calls it: `server orders`, `agent risk`. */
export function mockLabel(mock: Mock): string {
  return `${isA2aAgent(mock) ? "agent" : "server"} ${mock.name}`;
}

export function mcpServersOf(mocks: readonly Mock[]): readonly McpServer[] {
  return mocks.filter((mock) => !isA2aAgent(mock));
}

export function a2aAgentsOf(mocks: readonly Mock[]): readonly A2aAgent[] {
  return mocks.filter(isA2aAgent);
}

/**
 * The mocks among all that take part for which one process starts processes: over stdio a server belongs to who uses it,
 * while a remote agent is one for all.
 */
export function mocksToStart(listed: readonly Mock[], transport: "stdio" | "http" | "ws"): readonly Mock[] {
  return allMocks(listed).filter((mock) => transport !== "stdio" || isA2aAgent(mock) || listed.includes(mock));
}

/** All mocks that take part: those listed, and those that remote agents among them use in their turn, each once. */
export function allMocks(listed: readonly Mock[]): readonly Mock[] {
  const found = new Set<Mock>();
  const open = [...listed];
  for (let mock = open.shift(); mock !== undefined; mock = open.shift()) {
    if (found.has(mock)) continue;
    found.add(mock);
    if (isA2aAgent(mock)) open.push(...mock.servers);
  }
  return [...found];
}

/** A remote agent failed at what it was asked, or would not take it on. */
export class AskFailedError extends Error {
  override readonly name = "AskFailedError";
  /** The task as the agent left it. */
  readonly reply: RemoteReply;

  constructor(reply: RemoteReply) {
    super(`agent ${reply.agent}: ${reply.text}`);
    this.reply = reply;
  }
}
