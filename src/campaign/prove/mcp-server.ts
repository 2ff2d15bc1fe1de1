import { CONTEXT_KINDS } from "../../check/proof/contexts.ts";
import type { Trial } from "../../check/proof/evidence.ts";
import type { Proof } from "../../check/proof/proof.ts";
import { WALL_CLOCK } from "../../wire/system-clock.ts";
import { type Bench, whyEnded } from "./bench.ts";
import { type Driver, type TrialProofOptions, proveByTrials } from "./by-trials.ts";
import { type Era, STATELESS_REVISION } from "./era.ts";
import { McpConnection } from "./mcp-connection.ts";
import {
  type McpRequest,
  type Offered,
  type Offers,
  type ToolChoice,
  listRequests,
  workRequests,
} from "./mcp-requests.ts";
import { type Bringing, Trials } from "./trials.ts";

export interface ServerProofOptions extends TrialProofOptions {
  readonly tools: ToolChoice;
  /** Default: the newest that the server speaks. */
  readonly era?: Era | undefined;
}

/** So many requests without an answer, one after the other, and a peer is given up. */
const SILENCES_MAX = 3;
const RUBBISH_MAX = 3;
const METHOD_NOT_FOUND = /"code":-32601\b/;
const INITIALIZE: McpRequest = { method: "initialize", params: {} };
const DISCOVER: McpRequest = { method: "server/discover", params: {} };
const PING: McpRequest = { method: "ping", params: {} };
const VALID: Bringing = { context: "valid", place: "_meta" };

/**
 * Proves an MCP server, over stdio or Streamable HTTP, by the official client: each method that it offers, with every
 * kind of context in every carrier.
 *
 * @throws TroupeError `USAGE` when it cannot be started.
 */
export async function proveMcpServer(options: ServerProofOptions): Promise<Proof> {
  let driver: ServerDriver | undefined;
  const proof = await proveByTrials("mcp-server", options, (bench) => (driver = new ServerDriver(bench, options)));
  // Servers of the handshake may fall silent, or leave, where something is asked before it.
  return driver?.hasLostIt === true ? await proveMcpServer({ ...options, era: "handshake" }) : proof;
}

class ServerDriver implements Driver {
  readonly trials: Trials;
  readonly notes: string[] = [];
  /** Whether asking what it speaks has left nothing to go on with. */
  hasLostIt = false;
  readonly #bench: Bench;
  readonly #options: ServerProofOptions;
  #era: Era;
  #connection: McpConnection;
  #introduction: Omit<Proof["peer"], "subject"> = {};
  #silences = 0;
  #rubbish = 0;

  constructor(bench: Bench, options: ServerProofOptions) {
    this.#bench = bench;
    this.#options = options;
    this.trials = new Trials(WALL_CLOCK, options.seed);
    this.#era = options.era ?? "stateless";
    this.#connection = this.#connected();
  }

  #connected(): McpConnection {
    const onRubbish = (line: string): void => this.#noteRubbish(line);
    return new McpConnection(this.#bench, { era: this.#era, limits: this.#options.limits, onRubbish });
  }

  #noteRubbish(line: string): void {
    if (++this.#rubbish <= RUBBISH_MAX)
      this.notes.push(`it printed a line that is no JSON-RPC: ${JSON.stringify(line)}`);
    if (this.#rubbish === RUBBISH_MAX + 1)
      this.notes.push("it printed more such lines; its log belongs on standard error");
  }

  introduction(): Omit<Proof["peer"], "subject"> {
    return this.#introduction;
  }

  async drive(): Promise<string | undefined> {
    const failure = await this.#open();
    if (failure !== undefined) return failure;
    const { capabilities = {} } = this.#connection;
    const offers: Record<keyof Offers, readonly Offered[]> = { tools: [], resources: [], templates: [], prompts: [] };
    for (const { gives, key, ...request } of listRequests(capabilities)) {
      const answer = await this.#everyContext(request);
      if (this.#isOver()) break;
      offers[gives] = listIn(answer, key);
      if (answer?.reply?.text.includes('"nextCursor"') === true)
        this.notes.push(`${request.method} has further pages, which were not asked for`);
    }
    const { tools: choice, seed } = this.#options;
    const { requests, notes } = workRequests(capabilities, offers, { choice, seed, era: this.#era });
    this.notes.push(...notes);
    for (const request of requests) {
      if (this.#isOver()) break;
      await this.#everyContext(request);
    }
    if (this.#isOver()) return await this.#whyNot("");
    // What is exported in the order of its ends has come when this has.
    await this.#make(this.#era === "stateless" ? DISCOVER : PING, VALID);
    return undefined;
  }

  /** Begins in the era that is asked for, or else in the newest that the server speaks; returns why it could not. */
  async #open(): Promise<string | undefined> {
    const opening = this.#era === "stateless" ? DISCOVER : INITIALIZE;
    const { reply } = await this.#make(opening, VALID);
    const { child } = this.#bench;
    const isAsking = this.#era === "stateless" && this.#options.era === undefined;
    if (reply?.kind === "result" && this.#connection.capabilities !== undefined) {
      this.#introduction = this.#connection.introduction;
      if (isAsking)
        this.notes.push(
          `proved as clients of ${STATELESS_REVISION} meet it; --era handshake proves what those before it meet`,
        );
      return undefined;
    }
    this.trials.done.length = 0;
    const why = reply?.kind === "none" ? reply.text : `to ${opening.method} it says ${reply?.text}`;
    if (!isAsking) return await this.#whyNot(why);
    if (child?.isOver === true || reply?.kind === "none") {
      this.hasLostIt = true;
      return child?.isOver === true ? await this.#whyNot("") : "it did not say what it speaks";
    }
    this.notes.push(`it does not speak ${STATELESS_REVISION}: ${why}`);
    await this.#connection.close();
    this.#era = "handshake";
    this.#silences = 0;
    this.#connection = this.#connected();
    return await this.#open();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Makes a request in every way; returns how it was answered with a valid context, or nothing where it is not offered. */
  async #everyContext(request: McpRequest): Promise<Trial | undefined> {
    const first = await this.#make(request, VALID);
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

  async #make(request: McpRequest, way: Bringing): Promise<Trial> {
    const { method, target } = request;
    const transport = this.#bench.url === undefined ? "stdio" : "http";
    const { sessionId } = this.#connection;
    const named = target === undefined ? {} : { target };
    const session = sessionId === undefined ? {} : { sessionId };
    const trial = await this.trials.make({
      ...way,
      subject: { method, transport, ...named, ...session },
      ask: (carriers) => this.#connection.ask(request, carriers),
    });
    this.#silences = trial.reply?.kind === "none" ? this.#silences + 1 : 0;
    return trial;
  }

  #isOver(): boolean {
    return this.#connection.isClosed || this.#silences >= SILENCES_MAX;
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
