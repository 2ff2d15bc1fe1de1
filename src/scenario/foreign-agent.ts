import type { Json } from "../core/json.ts";
import type { Definition } from "./brand.ts";
import { DEFINITION } from "./brand.ts";

/** What reaches an agent that does not run in this process. */
export interface AgentMessage {
  readonly text: string;
  /** Who says it: the persona, or the agent that hands over or asks. */
  readonly from: string;
  /** What was handed over with a handoff; null with everything else. */
  readonly payload: Json;
  /** The conversation that it belongs to: the run's, and for a question one of its own. */
  readonly conversation: string;
}

/** A program in any language, which Troupe starts once a run. */
export interface CommandAgent extends Definition<"agent"> {
  readonly adapter: "command";
  /** The program and its arguments. No shell reads them. */
  readonly command: readonly string[];
  /** Where its messages come in: a line of its stdin each, or a POST to the port of 127.0.0.1 that `PORT` names. */
  readonly over: "stdin" | "http";
  /** Over stdin, what a line that it gets holds: `{"text": …}`, or the text alone. */
  readonly lines: "json" | "text";
  /** Variables beside those that Troupe prepares; `true` hands on the one of Troupe's own environment. */
  readonly env: Readonly<Record<string, string | true>>;
  /** The folder that it works in, relative to the scenario's file. */
  readonly cwd: string;
}

/** A service that is there already, with a JSON of its own. */
export interface HttpAgent extends Definition<"agent"> {
  readonly adapter: "http";
  /** What is asked with POST. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The variable of Troupe's environment that holds the key; "" for none. */
  readonly keyVariable: string;
  /** The body of a request. */
  readonly request: (message: AgentMessage) => Json;
  /** The words in the body of a reply; anything else than a text is no reply. */
  readonly reply: (body: Json) => unknown;
}

/** An endpoint that speaks OpenAI's Chat Completions. */
export interface ChatAgent extends Definition<"agent"> {
  readonly adapter: "chat";
  /** With its version, as `OPENAI_BASE_URL` has it. */
  readonly url: string;
  readonly model: string;
  /** The variable of Troupe's environment that holds the key; "" for none. */
  readonly keyVariable: string;
}

/** A service that speaks A2A. */
export interface A2aEndpoint extends Definition<"agent"> {
  readonly adapter: "a2a";
  /** Where its card is found, at the path that A2A has for it. */
  readonly url: string;
  /** The variable of Troupe's environment that holds the key; "" for none. */
  readonly keyVariable: string;
}

/** An agent under test that does not run in this process. It takes part in `wire`; in `sim` its scenario is skipped. */
export type ForeignAgent = CommandAgent | Endpoint;

/** An agent that is a service of somebody's. In `live` there are no others. */
export type Endpoint = HttpAgent | ChatAgent | A2aEndpoint;

type Options<A extends ForeignAgent, Required extends keyof A> = Pick<A, Required> &
  Partial<Omit<A, Required | typeof DEFINITION | "name" | "adapter">>;

/** Defines an agent as a command, in any language. */
export function commandAgent(name: string, options: Options<CommandAgent, "command" | "over">): CommandAgent {
  return { adapter: "command", lines: "json", env: {}, cwd: ".", ...options, name, [DEFINITION]: "agent" };
}

/** Defines an agent as a service over HTTP; by default it is sent an {@link AgentMessage} and answers `{"text": …}`. */
export function httpAgent(name: string, options: Options<HttpAgent, "url">): HttpAgent {
  const request = (message: AgentMessage): Json => ({ ...message });
  const reply = (body: Json): unknown => Reflect.get(Object(body), "text");
  return { adapter: "http", headers: {}, keyVariable: "", request, reply, ...options, name, [DEFINITION]: "agent" };
}

/** Defines an agent as an endpoint that speaks OpenAI's Chat Completions. */
export function chatAgent(name: string, options: Options<ChatAgent, "url" | "model">): ChatAgent {
  return { adapter: "chat", keyVariable: "", ...options, name, [DEFINITION]: "agent" };
}

/** Defines an agent as a service that speaks A2A. Mocks of such are made with `a2aAgent`. */
export function a2aEndpoint(name: string, options: Options<A2aEndpoint, "url">): A2aEndpoint {
  return { adapter: "a2a", keyVariable: "", ...options, name, [DEFINITION]: "agent" };
}
