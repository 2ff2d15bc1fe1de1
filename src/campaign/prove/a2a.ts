import { Agent } from "node:http";
import { CONTEXT_KINDS } from "../../check/proof/contexts.ts";
import type { Carriers, Reply, Trial } from "../../check/proof/evidence.ts";
import type { Proof } from "../../check/proof/proof.ts";
import { type A2aClient, openA2aClient } from "../../mock/a2a-client.ts";
import type { RemoteReply } from "../../scenario/a2a.ts";
import { CARD_PATH, callIn, outcomeIn } from "../../wire/a2a-exchange.ts";
import { heardReply } from "../../wire/body.ts";
import { type Fetch, readRequest, withCarrierHeaders } from "../../wire/http-exchange.ts";
import { fetchThrough } from "../../wire/node-fetch.ts";
import { WALL_CLOCK, after } from "../../wire/system-clock.ts";
import type { Bench } from "./bench.ts";
import { type Driver, type TrialProofOptions, proveByTrials } from "./by-trials.ts";
import { type Bringing, Trials } from "./trials.ts";

/**
 * Proves an A2A agent over JSON-RPC by the official client: its card, a message, a streamed one, and a task asked for and
 * canceled, with every kind of context in the header.
 *
 * @throws TroupeError `USAGE` when it cannot be started.
 */
export async function proveA2a(options: TrialProofOptions): Promise<Proof> {
  return await proveByTrials("a2a", options, (bench) => new AgentDriver(bench, options));
}

const VALID: Bringing = { context: "valid", place: "header" };
const FURTHER: readonly Bringing[] = CONTEXT_KINDS.filter((kind) => kind !== "valid").map((context) => ({
  context,
  place: "header",
}));

const TEXT = "A proof of trace context asks: please answer in one word.";

class AgentDriver implements Driver {
  readonly trials: Trials;
  readonly notes: string[] = [];
  #introduction: Omit<Proof["peer"], "subject"> = {};
  readonly #url: string;
  /** Its messages are numbered, and must be none that an agent has seen. */
  readonly #caller: string;
  readonly #answerMs: number;
  readonly #sockets = new Agent({ keepAlive: true });
  #exchange: Exchange = begin({ meta: {}, header: {} });

  constructor(bench: Bench, { seed, limits: { answerMs } }: TrialProofOptions) {
    this.#url = bench.url ?? "";
    this.trials = new Trials(WALL_CLOCK, seed);
    this.#caller = `troupe-${seed.toString(36)}`;
    this.#answerMs = answerMs;
  }

  introduction(): Omit<Proof["peer"], "subject"> {
    return this.#introduction;
  }

  async drive(): Promise<string | undefined> {
    let client: A2aClient | undefined;
    const open = async (): Promise<void> => {
      client = await openA2aClient(this.#url, this.#fetch);
    };
    const path = `GET ${CARD_PATH}`;
    const card = await this.#make(path, VALID, open);
    if (client === undefined) {
      this.trials.done.length = 0;
      return `it could not be spoken to: ${card.reply?.text}`;
    }
    for (const way of FURTHER) await this.#make(path, way, open);
    const { name, version, capabilities } = cardIn(card.reply?.text ?? "");
    this.#introduction = { name, version };
    const agent = client;
    const asking = (stream: boolean, wait: boolean) => async (): Promise<RemoteReply> =>
      await agent.ask({ text: TEXT, caller: this.#caller, contextId: "", options: { stream, wait } });
    let task = "";
    await this.#everyContext("SendMessage", async () => {
      task = (await asking(false, true)()).task ?? task;
    });
    if (Reflect.get(Object(capabilities), "streaming") === true)
      await this.#everyContext("SendStreamingMessage", asking(true, true));
    else this.notes.push("SendStreamingMessage is not offered: its card says nothing of streaming");
    if (task === "")
      this.notes.push("it answered with messages and no task, so GetTask and CancelTask were asked of none");
    await this.#everyContext("GetTask", () => agent.task(task));
    await this.#everyContext("CancelTask", () => agent.cancel(task));
    // What is exported in the order of its ends has come when this has.
    await this.#make("GetTask", VALID, () => agent.task(task));
    return undefined;
  }

  close(): Promise<void> {
    this.#sockets.destroy();
    return Promise.resolve();
  }

  async #everyContext(method: string, work: () => Promise<unknown>): Promise<void> {
    for (const way of [VALID, ...FURTHER]) await this.#make(method, way, work);
  }

  async #make(method: string, way: Bringing, work: () => Promise<unknown>): Promise<Trial> {
    return await this.trials.make({
      ...way,
      subject: { method, transport: "http" },
      ask: async (carriers) => {
        const exchange = begin(carriers);
        this.#exchange = exchange;
        const cancel = after(this.#answerMs, () =>
          exchange.limit.abort(new Error(`there was no answer within ${this.#answerMs / 1000} s`)),
        );
        // What the client makes of an answer is its own affair; where there was none, it says why.
        const why = await work().then(
          () => "",
          (error: unknown) => wordsOf(exchange.limit.signal.aborted ? exchange.limit.signal.reason : error),
        );
        cancel();
        const { reply = { kind: "none", text: why }, requestId } = exchange;
        return { reply, ...(requestId === undefined ? {} : { requestId }) };
      },
    });
  }

  readonly #fetch: Fetch = async (input, init) => {
    const exchange = this.#exchange;
    const read = await readRequest(input, init);
    const call = callIn(read);
    if (call.isRpc) exchange.requestId = call.id;
    const response = await fetchThrough(this.#sockets)(read.url, {
      method: read.method,
      headers: withCarrierHeaders(read.headers, exchange.carriers.header),
      body: read.text === "" ? null : read.text,
      signal: exchange.limit.signal,
    });
    const { status, statusText, headers } = response;
    const heard = await heardReply(response, (text) => {
      const isError = status >= 400 || outcomeIn(text, headers.get("content-type")).error !== undefined;
      exchange.reply = { kind: isError ? "error" : "result", text: status >= 400 ? `HTTP ${status} ${text}` : text };
    });
    return new Response(heard.body, { status, statusText, headers });
  };
}

/** One request as it goes, and what comes of it. */
interface Exchange {
  readonly carriers: Carriers;
  readonly limit: AbortController;
  requestId?: string;
  reply?: Reply;
}

function begin(carriers: Carriers): Exchange {
  return { carriers, limit: new AbortController() };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function cardIn(text: string): { readonly name: string; readonly version: string; readonly capabilities: unknown } {
  const card = Object(JSON.parse(text)) as Readonly<Record<string, unknown>>;
  return { name: String(card["name"]), version: String(card["version"]), capabilities: card["capabilities"] };
}
