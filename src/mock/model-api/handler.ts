import type { Clock } from "../../core/clock.ts";
import { type Json, canonicalJson } from "../../core/json.ts";
import { hash64, randomStream } from "../../core/random.ts";
import type { Model, ModelFailure } from "../../scenario/model.ts";
import type { HttpEndpoint, HttpReply, HttpRequest, NamedRequest, ReadRequest } from "../../wire/http-exchange.ts";
import { type Completion, complete } from "../model.ts";
import { type Dialect, type ModelCall, RequestError, jsonOf } from "./dialect.ts";
import { ANTHROPIC_MESSAGES, DIALECTS, OPENAI_CHAT, OPENAI_RESPONSES } from "./dialects.ts";
import { EMBEDDINGS_PATH, writeEmbeddings } from "./embeddings.ts";
import { KeptReplies } from "./kept-replies.ts";
import { type Pace, broken, eventStream, json, silence } from "./replies.ts";

/** What a model's API is given for one run. */
export interface ModelSurroundings {
  readonly seed: number;
  readonly clock: Clock;
  /** Lets time pass that the model takes, and at most until the signal aborts. */
  readonly pause: (nano: number, signal: AbortSignal) => Promise<void>;
  /** Hears of faults of the mock itself: a request for which it has no rule, a rule that answers nothing. */
  readonly onFault: (sentence: string) => void;
}

/**
 * Makes a mock model's API for one run: OpenAI's Chat Completions, Responses and embeddings, Anthropic's Messages, and the
 * list of models. Below `/agents/{name}` it answers the agent of that name; without it, it does not know who asks.
 *
 * The same rules answer every dialect. What one client is answered depends on its name, its request, and how often it has
 * made it, so that clients never take each other's answers.
 */
export function createModelApi(model: Model, surroundings: ModelSurroundings): HttpEndpoint {
  const api = new ModelApi(model, surroundings);
  return (request) => api.answer(request);
}

/** How the ledger calls a request to a model's API. */
export function modelName({ method, url }: ReadRequest): NamedRequest {
  const { agent, path } = placeIn(url);
  return { protocol: "model", id: path, method: `${method} ${path}`, ...(agent === "" ? {} : { agent }) };
}

/** The agent that a URL names, and what stands behind it. */
export function placeIn(url: string): { readonly agent: string; readonly path: string } {
  const { pathname } = new URL(url);
  const [, agent = "", path = ""] = /^\/agents\/([^/]+)(\/.*)$/.exec(pathname) ?? [];
  return path === "" ? { agent: "", path: pathname } : { agent: unescaped(agent), path };
}

/** What is no escaped text is taken as it stands. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const MODELS_PATH = "/v1/models";
/** Since when there is a model, as lists of models say it. */
const SINCE = "2025-01-01T00:00:00Z";
const SINCE_UNIX_SECONDS = 1_735_689_600;

class ModelApi {
  readonly #model: Model;
  readonly #surroundings: ModelSurroundings;
  readonly #attempts = new Map<string, number>();
  readonly #kept = new KeptReplies();

  constructor(model: Model, surroundings: ModelSurroundings) {
    this.#model = model;
    this.#surroundings = surroundings;
  }

  async answer(request: HttpRequest): Promise<HttpReply> {
    const { agent, path } = placeIn(request.url);
    const dialect = DIALECTS.find((one) => one.path === path);
    const form = dialect ?? (request.headers.has("anthropic-version") ? ANTHROPIC_MESSAGES : OPENAI_CHAT);
    try {
      if (path === MODELS_PATH) return json(this.#list(form));
      if (dialect === undefined && path !== EMBEDDINGS_PATH)
        return failed(form, 404, `there is no ${path} here; there are ${PATHS.join(", ")}`);
      if (request.method !== "POST") return failed(form, 405, `${path} is asked with POST`);
      const body = jsonOf(request.text);
      if (body === undefined) return failed(form, 400, "the body is no JSON");
      if (dialect === undefined) return json(writeEmbeddings(body));
      return await this.#complete(dialect, agent, dialect.readRequest(body), request.signal);
    } catch (error) {
      if (error instanceof RequestError) return failed(form, 400, error.message, error.param);
      throw error;
    }
  }

  #list(form: Dialect): Json {
    const { name, provider } = this.#model;
    if (form === ANTHROPIC_MESSAGES) {
      const data = [{ type: "model", id: name, display_name: name, created_at: SINCE }];
      return { data, has_more: false, first_id: name, last_id: name };
    }
    return {
      object: "list",
      data: [{ id: name, object: "model", created: SINCE_UNIX_SECONDS, owned_by: provider }],
    };
  }

  async #complete(dialect: Dialect, agent: string, asked: ModelCall, signal: AbortSignal): Promise<HttpReply> {
    const call = this.#kept.continued(asked);
    const { name } = this.#model;
    const { isStream, hasUsage: _, previousId: __, ...question } = call;
    const key = `model/${name}/${agent}/${hash64(canonicalJson(question))}`;
    const attempt = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempt);
    const random = randomStream(this.#surroundings.seed, `${key}/${attempt}`);
    let done: Completion;
    try {
      done = complete(this.#model, { ...question, agent, attempt, random });
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      this.#surroundings.onFault(sentence);
      return failed(dialect, 400, sentence);
    }
    const { failure } = done;
    if (failure === "hang") return await silence(signal);
    const output = {
      ...done,
      id: `${dialect.idPrefix}${Buffer.from(random.bytes(12)).toString("hex")}`,
      model: call.model,
      createdUnixSeconds: Number(this.#surroundings.clock.nowUnixNano() / 1_000_000_000n),
    };
    if (failure !== undefined && "status" in failure) return await this.#refuse(dialect, failure, done, signal);
    if (dialect === OPENAI_RESPONSES) this.#kept.keep(call.conversation, output);
    const headers = { [dialect.idHeader]: output.id };
    const pace = {
      pause: this.#surroundings.pause,
      firstNano: done.firstChunkMs * 1_000_000,
      totalNano: done.totalMs * 1_000_000,
      breakAfter: failure?.breakAfter,
      signal,
    };
    if (isStream) return eventStream(dialect.writeStream(output, call), headers, pace);
    return await this.#whole(dialect.writeReply(output), headers, pace);
  }

  async #refuse(
    dialect: Dialect,
    { status, message, retryAfterMs }: Extract<ModelFailure, { readonly status: number }>,
    { firstChunkMs }: Completion,
    signal: AbortSignal,
  ): Promise<HttpReply> {
    await this.#surroundings.pause(firstChunkMs * 1_000_000, signal);
    const reply = failed(dialect, status, message ?? `the mock model ${this.#model.name} refuses with ${status}`);
    if (retryAfterMs !== undefined) {
      reply.headers.set("retry-after", String(Math.ceil(retryAfterMs / 1000)));
      reply.headers.set("retry-after-ms", String(retryAfterMs));
    }
    return reply;
  }

  async #whole(body: Json, headers: Readonly<Record<string, string>>, pace: Pace): Promise<HttpReply> {
    await this.#surroundings.pause(pace.totalNano, pace.signal);
    return pace.breakAfter === undefined ? json(body, headers) : broken(headers);
  }
}

const PATHS = [...DIALECTS.map(({ path }) => path), EMBEDDINGS_PATH, MODELS_PATH];

function failed(dialect: Dialect, status: number, message: string, param?: string): HttpReply {
  return json(dialect.writeError({ status, message, ...(param === undefined ? {} : { param }) }), {}, status);
}
