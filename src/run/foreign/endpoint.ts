import { Agent } from "node:http";
import { SpanKind, type Span } from "@opentelemetry/api";
import { canonicalJson } from "../../core/json.ts";
import { type A2aClient, openA2aClient } from "../../mock/a2a-client.ts";
import type { A2aEndpoint, ChatAgent, Endpoint, HttpAgent } from "../../scenario/foreign-agent.ts";
import { carryingFetch, inAskSpan } from "../../telemetry/a2a-spans.ts";
import { inSpan } from "../../telemetry/spans.ts";
import { ATTR } from "../../trace/conventions.ts";
import { a2aName } from "../../wire/a2a-exchange.ts";
import { recordedFetch } from "../../wire/http-endpoint.ts";
import { type ReplyOver, repliesThrough } from "../../wire/node-fetch.ts";
import { ownVariables } from "../../wire/own-environment.ts";
import { type Stage, conversationAttributes } from "../stage.ts";
import { invokeAttributes } from "../turn.ts";
import { askOverHttp } from "./http.ts";
import type { ForeignPort, Said } from "./port.ts";
import { bodyOf, short, wordsOf } from "./words.ts";

/** How endpoints are called. */
export interface Calling {
  readonly stage: Stage;
  /** Whether the span of a call stands around the system under test, and is no step of it. */
  readonly isHarness: boolean;
}

export function portTo(calling: Calling, agent: Endpoint): ForeignPort {
  if (agent.adapter === "http") return httpPort(calling, agent);
  return agent.adapter === "chat" ? chatPort(calling, agent) : a2aPort(calling, agent);
}

/**
 * Speaks to an agent that is a service of somebody's. Whether it makes spans is its own affair: the call of it is an
 * `invoke_agent` span (CLIENT) of the service that calls.
 */
function endpointPort(
  { stage, isHarness }: Calling,
  name: string,
  speak: (said: Said, span: Span, signal: AbortSignal) => Promise<string>,
): ForeignPort {
  const over = new AbortController();
  return {
    speak: (said) => {
      const marked = isHarness ? { [ATTR.harness]: true } : {};
      const attributes = { ...invokeAttributes(name, stage.identity.runId), ...marked };
      const request = { name: `invoke_agent ${name}`, kind: SpanKind.CLIENT, attributes };
      return inSpan(said.from.service.tracer, request, (span) => speak(said, span, over.signal));
    },
    end: () => {
      over.abort();
      return Promise.resolve(undefined);
    },
  };
}

function httpPort(calling: Calling, { name, url, headers: own, keyVariable, request, reply }: HttpAgent): ForeignPort {
  return endpointPort(calling, name, async ({ from, method, message }, _span, signal) => {
    const body = request(message);
    const headers = { ...authorization(keyVariable), ...own };
    const answer = bodyOf(await askOverHttp(calling.stage, { from, to: name, method, url, headers, body, signal }));
    const words = reply(answer);
    if (typeof words === "string") return words;
    wordsOf(answer);
    throw new Error(`it answered ${short(answer)}, in which its \`reply\` found ${short(words)} and no text`);
  });
}

interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Each conversation is told from its beginning, since such an endpoint keeps none. */
function chatPort(calling: Calling, { name, url, model, keyVariable }: ChatAgent): ForeignPort {
  const conversations = new Map<string, readonly ChatMessage[]>();
  return endpointPort(calling, name, async ({ from, method, message }, span, signal) => {
    const { text, payload, conversation } = message;
    const handed = payload === null ? [] : [`from ${message.from}: ${canonicalJson(payload)}`];
    const messages: readonly ChatMessage[] = [
      ...(conversations.get(conversation) ?? []),
      ...handed.map((content) => ({ role: "system", content }) as const),
      { role: "user", content: text },
    ];
    span.setAttribute(ATTR.requestModel, model);
    const answer = bodyOf(
      await askOverHttp(calling.stage, {
        from,
        to: name,
        method,
        url: `${url.replace(/\/$/, "")}/chat/completions`,
        headers: authorization(keyVariable),
        body: { model, messages },
        signal,
      }),
    );
    const { choices, usage } = Object(answer);
    const content: unknown = Object(Object(choices?.[0]).message).content;
    if (typeof content !== "string")
      throw new Error(`it answered ${short(answer)}, which has no choices[0].message.content`);
    for (const [key, of] of [
      [ATTR.inputTokens, "prompt_tokens"],
      [ATTR.outputTokens, "completion_tokens"],
    ] as const)
      if (typeof usage?.[of] === "number") span.setAttribute(key, usage[of]);
    conversations.set(conversation, [...messages, { role: "assistant", content }]);
    return content;
  });
}

/** Its card is asked for once a run. A task that needs more input is gone on with by the next message. */
function a2aPort(calling: Calling, { name, url, keyVariable }: A2aEndpoint): ForeignPort {
  const { stage } = calling;
  const { ledger, rewrite } = stage;
  const tasks = new Map<string, string>();
  const sockets = new Agent();
  let opened: Promise<A2aClient> | undefined;
  return endpointPort(calling, name, async ({ from, message }, _span, signal) => {
    const request: ReplyOver = (to, init) =>
      repliesThrough(sockets)(to, { ...init, headers: { ...headersOf(init), ...authorization(keyVariable) }, signal });
    const over = recordedFetch(request, { from: from.service.name, to: name, ledger, rewrite, name: a2aName });
    opened ??= openA2aClient(url, carryingFetch(over), name);
    const client = await opened;
    const { text, payload, conversation: contextId } = message;
    const handed = payload === null ? text : `${text}\n${canonicalJson(payload)}`;
    const task = tasks.get(contextId);
    const attributes = { ...conversationAttributes(stage.identity), [ATTR.harness]: true };
    const asked = { text: handed, caller: message.from, contextId, options: task === undefined ? {} : { task } };
    const reply = await inAskSpan(from.service.tracer, { method: "SendMessage", agent: name, attributes }, () =>
      client.ask(asked),
    );
    if (reply.state === "input-required" && reply.task !== null) tasks.set(contextId, reply.task);
    else tasks.delete(contextId);
    return reply.text;
  });
}

function headersOf(init: RequestInit | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(new Headers(init?.headers));
}

function authorization(variable: string): Readonly<Record<string, string>> {
  if (variable === "") return {};
  const { [variable]: key = "" } = ownVariables([variable]);
  if (key !== "") return { authorization: `Bearer ${key}` };
  throw new Error(`its key is to be in the environment variable ${variable}, which is not set`);
}
