import type { Json } from "../../core/json.ts";
import type { ModelAnswer } from "../../scenario/model.ts";
import { type ReadRequest, isEventStream } from "../../wire/http-exchange.ts";
import type { Passage, PassedReply } from "../../wire/http-proxy.ts";
import {
  type Dialect,
  type ModelCall,
  type ModelOutput,
  RequestError,
  jsonOf,
  readEvents,
} from "../model-api/dialect.ts";
import { DIALECTS, OPENAI_RESPONSES } from "../model-api/dialects.ts";
import { EMBEDDINGS_PATH } from "../model-api/embeddings.ts";
import { MODELS_PATH, placeIn } from "../model-api/handler.ts";
import { KeptReplies } from "../model-api/kept-replies.ts";
import type { Hearing } from "./hearing.ts";

/** The real API behind a proxy. */
interface ModelUpstream {
  /** As the variable of its clients names it: OpenAI's with its version, Anthropic's without. */
  readonly url: string;
  /** What goes there where a client sends the dummy key; "" for none. */
  readonly key: string;
}

export interface ModelUpstreams {
  readonly openai: ModelUpstream;
  readonly anthropic: ModelUpstream;
  /** The key that the agent is given, which is no secret. */
  readonly dummyKey: string;
}

/**
 * Passes requests for a model's API on to the real ones, and tells what was asked and answered. Both vendors share an
 * address: Anthropic's clients name its version in a header.
 */
export function modelPassages(upstreams: ModelUpstreams, hearing: Hearing): (request: ReadRequest) => Passage {
  const kept = new KeptReplies();
  return (request) => {
    const { agent, path } = placeIn(request.url);
    const isAnthropic = request.headers.has("anthropic-version") || path === "/v1/messages";
    const upstream = isAnthropic ? upstreams.anthropic : upstreams.openai;
    const { search } = new URL(request.url);
    const rest = isAnthropic ? path : path.replace(/^\/v1(?=\/|$)/, "");
    const dialect = DIALECTS.find((one) => one.path === path);
    const startMs = hearing.nowMs();
    return {
      url: `${upstream.url.replace(/\/+$/, "")}${rest}${search}`,
      headers: keyHeaders(request.headers, upstreams.dummyKey, upstream.key),
      hear: (reply) => {
        if (dialect === undefined) return tellOther(path, hearing);
        const call = callOf(dialect, request, kept);
        if (typeof call === "string") return hearing.lack(unread(`a request to ${path}`, call));
        const heard = answerOf(dialect, reply);
        if (heard.output !== undefined && dialect === OPENAI_RESPONSES) kept.keep(call.conversation, heard.output);
        tellBeyond(request.text, hearing);
        if (heard.why !== undefined) hearing.lack(unread(`an answer of ${path}`, heard.why));
        hearing.exchange({
          kind: "model",
          agent: agent === "" ? hearing.agent : agent,
          startMs,
          durationMs: hearing.nowMs() - startMs,
          model: call.model,
          conversation: call.conversation,
          answer: heard.answer,
          ...(heard.why === undefined ? {} : { missing: ["answer"] }),
        });
      },
    };
  };
}

/** The user's own key where the agent has sent the dummy, which it was given in its place. */
function keyHeaders(headers: Headers, dummyKey: string, key: string): Readonly<Record<string, string>> {
  if (key === "") return {};
  return {
    ...(headers.get("authorization") === `Bearer ${dummyKey}` ? { authorization: `Bearer ${key}` } : {}),
    ...(headers.get("x-api-key") === dummyKey ? { "x-api-key": key } : {}),
  };
}

function unread(what: string, why: string): { readonly what: string; readonly consequence: string } {
  return { what: `${what} could not be kept: ${why}`, consequence: "the model has no answer there when it is run" };
}

/** What is no conversation. */
function tellOther(path: string, { lack }: Hearing): void {
  if (path === MODELS_PATH) return;
  if (path === EMBEDDINGS_PATH)
    return lack({
      what: "embeddings were asked for",
      consequence: "the mock makes embeddings of its own, by the words of the text, and they are not the recorded ones",
    });
  lack({ what: `${path} was asked for`, consequence: "the mock model answers it with 404" });
}

/** What an API does that no mock does again. */
function tellBeyond(body: string, { lack }: Hearing): void {
  const { n, tools }: Readonly<Record<string, unknown>> = Object(jsonOf(body));
  if (typeof n === "number" && n > 1)
    lack({ what: `${n} choices were asked for`, consequence: "the mock gives the first one alone" });
  const types: readonly unknown[] = (Array.isArray(tools) ? tools : []).map((tool) => Object(tool).type ?? "custom");
  for (const type of new Set(types))
    if (type !== "function" && type !== "custom")
      lack({
        what: `the provider's own tool ${String(type)} was offered`,
        consequence: "what it did stands in no answer of the mock, only the words that followed",
      });
}

/** What was asked, or why it cannot be read. */
function callOf(dialect: Dialect, { text }: ReadRequest, kept: KeptReplies): ModelCall | string {
  const body = jsonOf(text);
  if (body === undefined) return "it is no JSON";
  try {
    return kept.continued(dialect.readRequest(body));
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
}

interface HeardAnswer {
  readonly answer: ModelAnswer;
  readonly output?: ModelOutput;
  /** Why there is no answer. */
  readonly why?: string;
}

function answerOf(dialect: Dialect, reply: PassedReply): HeardAnswer {
  if ("unreachable" in reply) return { answer: { fail: { status: 502, message: reply.unreachable } } };
  const { status, text, ending, headers } = reply;
  if (ending === "cancelled") return { answer: {}, why: "the agent did not wait for its end" };
  if (ending === "broken") return { answer: {}, why: "its connection broke" };
  if (status >= 400) return { answer: { fail: failureOf(reply) } };
  try {
    const isStream = isEventStream(headers.get("content-type"));
    const body = isStream ? undefined : jsonOf(text);
    if (!isStream && body === undefined)
      return {
        answer: {},
        why: `it is ${headers.get("content-type") ?? "of no type"} with status ${status}, and no JSON`,
      };
    const output = isStream ? dialect.readStream(readEvents(text)) : dialect.readReply(body);
    return { answer: writtenAnswer(output), output };
  } catch (error) {
    if (error instanceof RequestError) return { answer: {}, why: error.message };
    throw error;
  }
}

function writtenAnswer({ text, toolCalls, finishReason, inputTokens, outputTokens }: ModelOutput): ModelAnswer {
  const call = toolCalls.map(({ id, name, arguments: args, malformed }) => ({
    tool: name,
    ...(id === "" ? {} : { id }),
    ...(malformed === undefined ? { arguments: args } : { malformed }),
  }));
  return {
    ...(text === "" && call.length > 0 ? {} : { say: text }),
    ...(call.length === 0 ? {} : { call }),
    ...(finishReason === "length" || finishReason === "content_filter" ? { finish: finishReason } : {}),
    inputTokens,
    outputTokens,
  };
}

const MESSAGE_CHARACTERS_MAX = 500;

function failureOf({ status, headers, text }: Exclude<PassedReply, { readonly unreachable: string }>): {
  readonly status: number;
  readonly message: string;
  readonly retryAfterMs?: number;
} {
  const error: Json | undefined = Object(jsonOf(text)).error;
  const { message }: Readonly<Record<string, unknown>> = Object(error);
  const retryAfterMs = Number(headers.get("retry-after-ms") ?? Number(headers.get("retry-after") ?? Number.NaN) * 1000);
  return {
    status,
    message: typeof message === "string" ? message : text.slice(0, MESSAGE_CHARACTERS_MAX),
    ...(Number.isFinite(retryAfterMs) ? { retryAfterMs } : {}),
  };
}
