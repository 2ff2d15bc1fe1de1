import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { Readable, Writable } from "node:stream";
import { type A2aAgent, type Mock, isA2aAgent, mockLabel, mocksToStart } from "../scenario/a2a.ts";
import { rewiredMock } from "../recording/rewired.ts";
import { type Actor, agentActorName } from "../telemetry/actor.ts";
import { type Exporting, exportingTo } from "../telemetry/exporting.ts";
import { a2aName } from "../wire/a2a-exchange.ts";
import type { TextTransport } from "../wire/decorated-transport.ts";
import type { Door } from "../wire/door.ts";
import { Strangers, faultyServing } from "../wire/faults/strangers.ts";
import type { Fetch, HttpEndpoint, HttpReply, HttpRequest, ReadRequest } from "../wire/http-exchange.ts";
import type { Ledger } from "../wire/ledger.ts";
import type { Listening } from "../wire/loopback.ts";
import { McpMessages, recorded } from "../wire/mcp-ledger.ts";
import { stdioServing } from "../wire/stdio.ts";
import type { Cast } from "./cast.ts";
import type { Begin, Ended, WireTransport } from "./control.ts";
import { inFreshResource } from "./frame.ts";
import { hostServer, serverActor } from "./host.ts";
import { networkOf } from "./peers.ts";
import type { Processes } from "./processes.ts";
import { RealWorld } from "./real-world.ts";
import { Stage, errorWords } from "./stage.ts";
import { testimonyOf, together } from "./testimony.ts";
import { hearUncaught } from "./virtual-time/install.ts";
import type { UncaughtListener } from "./world.ts";

export interface HostRequest {
  /** The file that defines the mock, from which its own children load theirs. */
  readonly file: string;
  readonly mock: Mock;
  readonly transport: WireTransport;
  /** Where it listens, if it is not spoken to over stdio. */
  readonly door: Door;
  /** Where MCP over stdio is spoken. */
  readonly input: Readable;
  readonly output: Writable;
}

type RunOfHost = Omit<Begin, "kind"> & { readonly isAlone?: boolean };

/** One mock in a process of its own, which takes its part in one run after the other. */
export class MockHost {
  readonly #request: HostRequest;
  #listening: Listening | undefined;
  #part: RunPart | undefined;

  constructor(request: HostRequest) {
    this.#request = request;
  }

  get label(): string {
    return mockLabel(this.#request.mock);
  }

  /**
   * Begins to listen, where it is not spoken to over stdio.
   *
   * @returns where it listens, or null.
   * @throws TroupeError `USAGE` when it cannot listen there.
   */
  async listen(): Promise<string | null> {
    const { mock, transport, door } = this.#request;
    const onConnection = async (connection: Transport): Promise<void> => this.#current.accept(connection);
    // What a mock does not speak it does not load: half of the time that its process takes to start.
    if (isA2aAgent(mock)) {
      const { listenEndpoint } = await import("../wire/http-endpoint.ts");
      this.#listening = await listenEndpoint({ ...door, endpoint: () => (request) => this.#current.answer(request) });
    } else if (transport === "http") {
      const [{ listenHttp }, { writeRefusal }] = await modulesOfHttp();
      const onRefused = (request: ReadRequest, status: number): void => {
        if (this.#part !== undefined) writeRefusal(this.#part.ledger, mock.name, { request, status });
      };
      this.#listening = await listenHttp({ ...door, onConnection, onRefused });
    } else if (transport === "ws") {
      const { listenWebSocket } = await import("../wire/websocket.ts");
      this.#listening = await listenWebSocket({ ...door, onConnection });
    }
    return this.#listening?.url ?? null;
  }

  get #current(): RunPart {
    if (this.#part === undefined) throw new Error("there is no run at the moment");
    return this.#part;
  }

  /** @throws TroupeError where its own children cannot take part. */
  async begin(run: RunOfHost): Promise<void> {
    this.#part = await RunPart.begin(this.#request, run, this.#listening?.url ?? "");
    const { mock, transport, input, output } = this.#request;
    if (transport === "stdio" && !isA2aAgent(mock)) this.#part.accept(stdioServing(input, output));
  }

  /** Whether it can be used: a remote agent cannot where what it uses itself has not begun. Why, {@link end} tells. */
  get isUp(): boolean {
    return this.#part?.isUp === true;
  }

  async end(): Promise<Ended> {
    const part = this.#current;
    this.#part = undefined;
    return await part.end();
  }

  async close(): Promise<void> {
    await this.#listening?.close();
  }
}

const modulesOfHttp = () => Promise.all([import("../wire/http.ts"), import("../wire/mcp-endpoint.ts")]);

/** What only a remote agent needs. */
const modulesOfAgents = () =>
  Promise.all([import("./processes.ts"), import("./host-agent.ts"), import("../wire/http-endpoint.ts")]);

/** One mock's part in one run. */
class RunPart {
  readonly #request: HostRequest;
  readonly #stage: Stage;
  readonly #strangers: Strangers | undefined;
  readonly #isPipedToStranger: boolean;
  readonly #exporting: Exporting | undefined;
  readonly #connections = new Set<Transport>();
  readonly #forget: () => void;
  #processes: Processes | undefined;
  #remote: { readonly endpoint: HttpEndpoint; readonly cast: Cast } | undefined;

  private constructor(request: HostRequest, run: RunOfHost) {
    this.#exporting = run.exportTo === null ? undefined : exportingTo(run.exportTo);
    const { limits } = run.identity;
    const exporters = this.#exporting === undefined ? [] : [this.#exporting.processor];
    const time = { epochUnixNano: run.epochUnixNano, waitsForAll: run.isAlone === true };
    const fetchOf = (url: URL): Fetch | undefined => this.#processes?.fetchOf(url);
    const makeWorld = (heard: UncaughtListener): RealWorld => new RealWorld(limits, time, heard, fetchOf);
    // Alone, it may live for weeks, and nobody asks what it heard.
    const keeps = run.isAlone === true ? "nothing" : "ids";
    this.#stage = new Stage(run.identity, makeWorld, { exporters, keeps });
    const { wireFaults } = this.#stage;
    this.#strangers = wireFaults && new Strangers(wireFaults, run.strangers);
    this.#isPipedToStranger = run.isPipedToStranger;
    this.#request = { ...request, mock: this.#stage.cast(request.mock, rewiredMock) };
    this.#forget = hearUncaught((error) =>
      this.#stage.failWith(`${mockLabel(request.mock)} threw and nobody caught it:`, error),
    );
  }

  static async begin(request: HostRequest, run: RunOfHost, url: string): Promise<RunPart> {
    const part = new RunPart(request, run);
    try {
      const { mock } = part.#request;
      if (isA2aAgent(mock)) await part.#hostAgent(mock, run, url);
      return part;
    } catch (error) {
      part.#forget();
      throw error;
    }
  }

  async #hostAgent(agent: A2aAgent, run: RunOfHost, url: string): Promise<void> {
    const { file } = this.#request;
    const stage = this.#stage;
    const urls = { ...run.urls, [agent.name]: url };
    const mocks = mocksToStart(agent.servers, run.transport).filter(({ name }) => urls[name] === undefined);
    const [{ Processes }, { hostAgent }, { recordedEndpoint }] = await modulesOfAgents();
    const strangers = [{ from: agent.name, agent: agent.name }];
    const own = { stage, startedBy: agent.name, file, mocks, urls, strangers };
    const { processes, isUp } = await Processes.start({ ...run, ...own });
    this.#processes = processes;
    if (!isUp) return;
    const { endpoint, cast } = hostAgent(stage, agent, { url, peers: processes.of(agent.name, agent.model) });
    const record = { service: agent.name, ledger: stage.ledger, name: a2aName, strangers: this.#strangers };
    this.#remote = { endpoint: recordedEndpoint(endpoint, record), cast };
  }

  get isUp(): boolean {
    return this.#remote !== undefined || !isA2aAgent(this.#request.mock);
  }

  get ledger(): Ledger {
    return this.#stage.ledger;
  }

  /** Serves one connection to a mock server. */
  accept(connection: TextTransport): void {
    const { mock, transport } = this.#request;
    if (isA2aAgent(mock)) throw new Error("BUG: a connection to a remote agent");
    const { ledger, rewrite } = this.#stage;
    const actor = serverActor(this.#stage, mock);
    const messages = new McpMessages(this.#stage.connection("", mock.name), transport);
    // Over stdio its client is a stranger always, or never.
    const strangers = transport !== "stdio" || this.#isPipedToStranger ? this.#strangers : undefined;
    const { openedBy } = connection;
    const faulty = faultyServing(connection, strangers, { to: mock.name, transport });
    const end = recorded(faulty, "server", {
      messages,
      ledger,
      rewrite,
      rewriteArriving: (entry, headers = {}) => strangers?.rewrite(entry, openedBy ?? headers),
    });
    const transportOfActor: Transport = heardBy(actor, end, {
      keepInHand: (work) => this.#stage.keepInHand(work),
      closed: () => this.#connections.delete(transportOfActor),
    });
    this.#connections.add(transportOfActor);
    inFreshResource(actor, () =>
      hostServer(this.#stage, mock, { transport: transportOfActor, ...networkOf(transport) }),
    );
  }

  /** Answers a request to a remote agent. */
  answer(request: HttpRequest): Promise<HttpReply> {
    const { mock } = this.#request;
    const { endpoint } = this.#remote ?? {};
    if (endpoint === undefined || !isA2aAgent(mock)) throw new Error("BUG: a request to no remote agent");
    return inFreshResource(this.#stage.knownActor(agentActorName(mock.name)), () => endpoint(request));
  }

  async end(): Promise<Ended> {
    await this.#stage.settled();
    await this.#remote?.cast.close();
    this.#stage.wireFaults?.close();
    const nested = await this.#processes?.end();
    await Promise.all([...this.#connections].map((connection) => connection.close()));
    this.#forget();
    const unsent = await this.#exporting?.shutdown().then(
      () => [],
      (error: unknown) => [`${mockLabel(this.#request.mock)} could not hand in its spans: ${errorWords(error)}`],
    );
    // Only now: what ends while it is sent is either sent or missing, and never both open and sent.
    const own = testimonyOf(this.#stage);
    const ended = [...this.#stage.services].flatMap(({ endedIds }) => endedIds);
    const all = together(nested === undefined ? [own] : [own, nested]);
    return {
      ...all,
      kind: "ended",
      started: [...ended, ...own.openSpans.map(({ spanId }) => spanId), ...(nested?.started ?? [])],
      failures: [...all.failures, ...(unsent ?? [])],
    };
  }
}

/**
 * Messages come in as the actor's whose they are to be: nothing else runs between the wire and the mock. What is asked is
 * in hand until it is answered, or the connection ends.
 */
function heardBy(
  actor: Actor,
  inner: Transport,
  { keepInHand, closed }: { readonly keepInHand: (work: Promise<void>) => void; readonly closed: () => void },
): Transport {
  // A faulty network may bring a request twice.
  const answered = new Map<RequestId | undefined, readonly (() => void)[]>();
  const settle = (id: RequestId | undefined): void => {
    const [first, ...others] = answered.get(id) ?? [];
    if (others.length > 0) answered.set(id, others);
    else answered.delete(id);
    first?.();
  };
  const outer: Transport = {
    start: () => inner.start(),
    send: async (message, options) => {
      await inner.send(message, options);
      if (!("method" in message)) settle(message.id);
    },
    close: () => inner.close(),
    // Absent where there is no session, which the type of an accessor cannot say.
    get sessionId() {
      return inner.sessionId as string;
    },
  };
  inner.onmessage = (message, extra) => {
    if ("method" in message && "id" in message) {
      const { id } = message;
      keepInHand(new Promise<void>((resolve) => void answered.set(id, [...(answered.get(id) ?? []), resolve])));
    }
    inFreshResource(actor, () => outer.onmessage?.(message, extra));
  };
  inner.onclose = () => {
    closed();
    for (const waiting of answered.values()) for (const resolve of waiting) resolve();
    inFreshResource(actor, () => outer.onclose?.());
  };
  inner.onerror = (error) => outer.onerror?.(error);
  return outer;
}
