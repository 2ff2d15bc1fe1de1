import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ErrorCode, McpError, ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { CONTEXT_KINDS } from "../../check/proof/contexts.ts";
import type { Carriers, Trial } from "../../check/proof/evidence.ts";
import type { Proof } from "../../check/proof/proof.ts";
import { httpConnection } from "../../wire/http.ts";
import { stdioConnection } from "../../wire/stdio.ts";
import { WALL_CLOCK } from "../../wire/system-clock.ts";
import { VERSION } from "../../wire/version.ts";
import { type Bench, whyEnded } from "./bench.ts";
import { type Driver, type TrialProofOptions, proveByTrials } from "./by-trials.ts";
import {
  type McpRequest,
  type Offered,
  type Offers,
  type ToolChoice,
  listRequests,
  workRequests,
} from "./mcp-requests.ts";
import { StatedTransport } from "./stated-transport.ts";
import { type Bringing, Trials } from "./trials.ts";

export interface ServerProofOptions extends TrialProofOptions {
  readonly tools: ToolChoice;
}

/** So many requests without an answer, one after the other, and a peer is given up. */
const SILENCES_MAX = 3;
const RUBBISH_MAX = 3;
/** By these codes the client says of its own accord that nothing came. */
const TIMED_OUT: number = ErrorCode.RequestTimeout;
const CLOSED: number = ErrorCode.ConnectionClosed;
const METHOD_NOT_FOUND = /"code":-32601\b/;

/**
 * Proves an MCP server, over stdio or Streamable HTTP, by the official client: each method that it offers, with every
 * kind of context in every carrier.
 *
 * @throws TroupeError `USAGE` when it cannot be started.
 */
export async function proveMcpServer(options: ServerProofOptions): Promise<Proof> {
  return await proveByTrials("mcp-server", options, (bench) => new ServerDriver(bench, options));
}

class ServerDriver implements Driver {
  readonly trials: Trials;
  readonly notes: string[] = [];
  readonly #bench: Bench;
  readonly #options: ServerProofOptions;
  readonly #transport: StatedTransport;
  readonly #client = new Client({ name: "troupe", version: VERSION });
  #silences = 0;
  #rubbish = 0;

  constructor(bench: Bench, options: ServerProofOptions) {
    this.#bench = bench;
    this.#options = options;
    this.trials = new Trials(WALL_CLOCK, options.seed);
    this.#transport = new StatedTransport((headers) => this.#connection(headers));
  }

  #connection(headers: () => Carriers["header"]): Transport {
    const { url, child } = this.#bench;
    if (url !== undefined) return httpConnection(url, headers);
    if (child === undefined) throw new Error("BUG: a peer with neither a program nor a URL");
    return stdioConnection(child, (line) => {
      if (++this.#rubbish <= RUBBISH_MAX)
        this.notes.push(`it printed a line that is no JSON-RPC: ${JSON.stringify(line)}`);
      if (this.#rubbish === RUBBISH_MAX + 1)
        this.notes.push("it printed more such lines; its log belongs on standard error");
    });
  }

  introduction(): Omit<Proof["peer"], "subject"> {
    const about = this.#client.getServerVersion();
    const protocol = this.#transport.protocolVersion;
    return {
      ...(about === undefined ? {} : { name: about.name, version: about.version }),
      ...(protocol === undefined ? {} : { protocol }),
    };
  }

  async drive(): Promise<string | undefined> {
    const opened = await this.#make({ method: "initialize", params: {} }, { context: "valid", place: "_meta" });
    if (opened.reply?.kind !== "result") {
      this.trials.done.length = 0;
      return await this.#whyNot(opened.reply?.text ?? "");
    }
    const capabilities = this.#client.getServerCapabilities() ?? {};
    const offers: Record<keyof Offers, readonly Offered[]> = { tools: [], resources: [], templates: [], prompts: [] };
    for (const { gives, key, ...request } of listRequests(capabilities)) {
      const answer = await this.#everyContext(request);
      if (this.#isOver()) break;
      offers[gives] = listIn(answer, key);
      if (answer?.reply?.text.includes('"nextCursor"') === true)
        this.notes.push(`${request.method} has further pages, which were not asked for`);
    }
    const { tools: choice, seed } = this.#options;
    const { requests, notes } = workRequests(capabilities, offers, { choice, seed });
    this.notes.push(...notes);
    for (const request of requests) {
      if (this.#isOver()) break;
      await this.#everyContext(request);
    }
    if (this.#isOver()) return await this.#whyNot("");
    // What is exported in the order of its ends has come when this has.
    await this.#make({ method: "ping", params: {} }, { context: "valid", place: "_meta" });
    return undefined;
  }

  async close(): Promise<void> {
    await this.#client.close().catch(() => {});
  }

  /** Makes a request in every way; returns how it was answered with a valid context, or nothing where it is not offered. */
  async #everyContext(request: McpRequest): Promise<Trial | undefined> {
    const first = await this.#make(request, { context: "valid", place: "_meta" });
    if (first.reply?.kind === "error" && METHOD_NOT_FOUND.test(first.reply.text) && request.isWrong !== true) {
      this.trials.done.pop();
      this.notes.push(`${request.method} is not offered`);
      return undefined;
    }
    for (const way of request.isWrong === true ? [] : this.#furtherWays()) {
      if (this.#isOver()) break;
      await this.#make(request, way);
    }
    return first;
  }

  #furtherWays(): readonly Bringing[] {
    const inMeta = CONTEXT_KINDS.filter((kind) => kind !== "valid").map(
      (context) => ({ context, place: "_meta" }) as const,
    );
    if (this.#bench.url === undefined) return inMeta;
    return [...inMeta, { context: "valid", place: "header" }, { context: "valid", place: "both" }];
  }

  async #make({ method, params, target }: McpRequest, way: Bringing): Promise<Trial> {
    const transport = this.#bench.url === undefined ? "stdio" : "http";
    const { sessionId } = this.#transport;
    const named = target === undefined ? {} : { target };
    const session = sessionId === undefined ? {} : { sessionId };
    const trial = await this.trials.make({
      ...way,
      subject: { method, transport, ...named, ...session },
      ask: async (carriers) => {
        this.#transport.state(carriers);
        const timeout = { timeout: this.#options.limits.answerMs };
        const asked =
          method === "initialize"
            ? this.#client.connect(this.#transport, timeout)
            : this.#client.request({ method, params }, ResultSchema, timeout);
        const why = await asked.then(
          () => "",
          (error: unknown) => this.#words(error),
        );
        return this.#transport.answer(why);
      },
    });
    this.#silences = trial.reply?.kind === "none" ? this.#silences + 1 : 0;
    return trial;
  }

  #words(error: unknown): string {
    if (!(error instanceof McpError)) return error instanceof Error ? error.message : String(error);
    if (error.code === TIMED_OUT) return `there was no answer within ${this.#options.limits.answerMs / 1000} s`;
    return error.code === CLOSED ? "the connection closed before an answer came" : error.message;
  }

  #isOver(): boolean {
    return this.#transport.isClosed || this.#silences >= SILENCES_MAX;
  }

  async #whyNot(error: string): Promise<string> {
    const { child } = this.#bench;
    if (child?.isOver === true) return await whyEnded(child, this.#options.peer);
    if (this.#silences >= SILENCES_MAX) return `it gave no answer to ${SILENCES_MAX} requests, one after the other`;
    return `it could not be spoken to: ${error}`;
  }
}

function listIn(trial: Trial | undefined, key: string): readonly Offered[] {
  if (trial?.reply?.kind !== "result") return [];
  const list: unknown = Reflect.get(Object(JSON.parse(trial.reply.text)), key);
  return Array.isArray(list) ? list.map((entry: unknown) => Object(entry) as Offered) : [];
}
