import { SpanKind, type Span } from "@opentelemetry/api";
import { canonicalJson } from "../../core/json.ts";
import type { ChatAgent, HttpAgent } from "../../scenario/foreign-agent.ts";
import { inSpan } from "../../telemetry/spans.ts";
import { ATTR } from "../../trace/conventions.ts";
import { ownVariables } from "../../wire/own-environment.ts";
import type { Stage } from "../stage.ts";
import { invokeAttributes } from "../turn.ts";
import { askOverHttp } from "./http.ts";
import type { ForeignPort, Said } from "./port.ts";
import { bodyOf, short, wordsOf } from "./words.ts";

/**
 * Speaks to an agent that is a service of somebody's. Whether it makes spans is its own affair: the call of it is an
 * `invoke_agent` span (CLIENT) of the service that calls.
 */
function endpointPort(
  stage: Stage,
  name: string,
  speak: (said: Said, span: Span, signal: AbortSignal) => Promise<string>,
): ForeignPort {
  const over = new AbortController();
  return {
    speak: (said) => {
      const attributes = invokeAttributes(name, stage.identity.runId);
      const request = { name: `invoke_agent ${name}`, kind: SpanKind.CLIENT, attributes };
      return inSpan(said.from.service.tracer, request, (span) => speak(said, span, over.signal));
    },
    end: () => {
      over.abort();
      return Promise.resolve(undefined);
    },
  };
}

export function httpPort(stage: Stage, { name, url, headers, request, reply }: HttpAgent): ForeignPort {
  return endpointPort(stage, name, async ({ from, method, message }, _span, signal) => {
    const body = request(message);
    const answer = bodyOf(await askOverHttp(stage, { from, to: name, method, url, headers, body, signal }));
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
export function chatPort(stage: Stage, { name, url, model, keyVariable }: ChatAgent): ForeignPort {
  const conversations = new Map<string, readonly ChatMessage[]>();
  return endpointPort(stage, name, async ({ from, method, message }, span, signal) => {
    const { text, payload, conversation } = message;
    const handed = payload === null ? [] : [`from ${message.from}: ${canonicalJson(payload)}`];
    const messages: readonly ChatMessage[] = [
      ...(conversations.get(conversation) ?? []),
      ...handed.map((content) => ({ role: "system", content }) as const),
      { role: "user", content: text },
    ];
    span.setAttribute(ATTR.requestModel, model);
    const answer = bodyOf(
      await askOverHttp(stage, {
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

function authorization(variable: string): Readonly<Record<string, string>> {
  if (variable === "") return {};
  const { [variable]: key = "" } = ownVariables([variable]);
  if (key !== "") return { authorization: `Bearer ${key}` };
  throw new Error(`its key is to be in the environment variable ${variable}, which is not set`);
}
