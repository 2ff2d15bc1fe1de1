import { Agent } from "node:http";
import { context } from "@opentelemetry/api";
import { type Mock, isA2aAgent } from "../scenario/a2a.ts";
import type { Model } from "../scenario/model.ts";
import type { McpServer } from "../scenario/server.ts";
import { modelName } from "../mock/model-api/handler.ts";
import { inject } from "../telemetry/carrier.ts";
import type { LedgerEntry } from "../trace/evidence.ts";
import { a2aName } from "../wire/a2a-exchange.ts";
import { type Asker, ownUserAgent } from "../wire/asker.ts";
import { faultyRequests } from "../wire/faults/exchange.ts";
import { McpSubjects } from "../wire/faults/subject.ts";
import { faultyTransport } from "../wire/faults/transport.ts";
import { recordedFetch } from "../wire/http-endpoint.ts";
import type { Fetch } from "../wire/http-exchange.ts";
import { httpConnection } from "../wire/http.ts";
import type { Listening } from "../wire/loopback.ts";
import type { TextTransport } from "../wire/decorated-transport.ts";
import { type McpEnds, McpMessages, recorded } from "../wire/mcp-ledger.ts";
import type { Child } from "../wire/child.ts";
import { type RequestOver, repliesThrough } from "../wire/node-fetch.ts";
import { stdioConnection } from "../wire/stdio.ts";
import { webSocketConnection } from "../wire/websocket.ts";
import type { WireTransport } from "./control.ts";
import { listeningMocks } from "./endpoints.ts";
import { outsideOfAll } from "./frame.ts";
import { listenModel } from "./host-model.ts";
import { LostChildError, MockProcess, exitSentence } from "./mock-process.ts";
import { type McpConnection, type Peers, networkOf } from "./peers.ts";
import type { Stage } from "./stage.ts";
import { type Testimony, together } from "./testimony.ts";

export interface ProcessesRequest {
  readonly stage: Stage;
  /** The service that starts them; left out by the runner. */
  readonly startedBy?: string;
  /** The file that defines the mocks. */
  readonly file: string;
  readonly transport: WireTransport;
  /** The mocks to start here. */
  readonly mocks: readonly Mock[];
  /** Where mocks that somebody else has started listen, by name. */
  readonly urls: Readonly<Record<string, string>>;
  /** The OTLP endpoint of the run, if any. */
  readonly exportTo: string | null;
  /** When the machine's monotonic clock stood at 0. */
  readonly epochUnixNano: bigint;
  /** The agents that may ask the mocks by clients of their own. */
  readonly strangers: readonly Asker[];
  /** Over stdio: whether one of those has the other end of the pipes. Default: this process. */
  readonly isPipedToStranger?: boolean;
}

/** What the children of a run knew of it when it had ended. */
export interface Collected extends Testimony {
  /** Ids of all spans that started there. */
  readonly started: readonly string[];
}

/** What several knew, as one. */
export function joined(parts: readonly Collected[]): Collected {
  return { ...together(parts), started: parts.flatMap(({ started }) => started) };
}

/** The child processes of one run that this process has started, and how its agents reach them. */
export class Processes {
  readonly #request: ProcessesRequest;
  readonly #started: readonly MockProcess[];
  readonly #forget: (() => void)[] = [];
  readonly #sockets = new Agent({ keepAlive: true });
  #urls: Readonly<Record<string, string>> = {};
  #model: Promise<Listening> | undefined;
  #asking: { readonly origin: string; readonly fetch: Fetch } | undefined;

  private constructor(request: ProcessesRequest, started: readonly MockProcess[]) {
    this.#request = request;
    this.#started = started;
    const { stage } = request;
    for (const { child, label } of started)
      this.#forget.push(child.onExit((exit) => stage.fail(exitSentence(label, exit))));
  }

  /**
   * Starts a child for each mock, all at once, and begins the run in them.
   *
   * What cannot start is a failure or a fault of the stage; the result is then false, and the run must end.
   */
  static async start(request: ProcessesRequest): Promise<{ readonly processes: Processes; readonly isUp: boolean }> {
    const { file, transport, mocks, stage } = request;
    const { scenario, limits } = stage.identity;
    const leases = mocks.map((mock) => MockProcess.lease({ file, scenario, mock, transport }, limits));
    const processes = new Processes(request, await Promise.all(leases));
    return { processes, isUp: await processes.#begin() };
  }

  async #begin(): Promise<boolean> {
    const { stage, urls, exportTo, transport, epochUnixNano, startedBy, strangers } = this.#request;
    const { isPipedToStranger = false } = this.#request;
    const { limits } = stage.identity;
    const listening = await this.#each(async (started) => [started.casting.mock.name, await started.ready(limits)]);
    if (listening === undefined) return false;
    const own = listening.flatMap(([name, url]) => (typeof url === "string" ? [[name, url]] : []));
    this.#urls = { ...urls, ...Object.fromEntries(own) };
    const identity = { ...stage.identity, startedBy: startedBy ?? "" };
    const begin = { identity, exportTo, transport, urls: this.#urls, epochUnixNano, strangers, isPipedToStranger };
    return (await this.#each((started) => started.begin(begin))) !== undefined;
  }

  /** Does the same with every child, all at once; `undefined` when one of them could not, which the stage then knows. */
  async #each<T>(work: (started: MockProcess) => Promise<T>): Promise<readonly T[] | undefined> {
    const { stage } = this.#request;
    const done = await Promise.allSettled(this.#started.map(work));
    const results: T[] = [];
    for (const one of done)
      if (one.status === "fulfilled") results.push(one.value);
      else if (one.reason instanceof LostChildError) stage.fail(one.reason.message);
      else stage.failWith("the run could not begin:", one.reason);
    return results.length === done.length ? results : undefined;
  }

  /** The peers of one service's agents, who have that model. */
  of(service: string, model: Model): Peers {
    const { ledger, rewrite, wireFaults: faults } = this.#request.stage;
    const request = repliesThrough(this.#sockets);
    return {
      connect: (server) => Promise.resolve(outsideOfAll(() => this.#connect(service, server))),
      reach: ({ name }) =>
        Promise.resolve({
          url: this.urlOf(name),
          fetch: recordedFetch(request, { from: service, to: name, ledger, rewrite, faults, name: a2aName }),
        }),
      // Few agents ask a model over HTTP.
      models: async () => (await (this.#model ??= this.#listenModel(service, model))).url,
      endpoints: (used) => Promise.resolve(listeningMocks(used, ({ name }) => this.#urls[name])),
    };
  }

  /** What makes requests to an address for the agents here, where it is their model's: the ledger hears of both ends. */
  fetchOf({ origin }: URL): Fetch | undefined {
    return this.#asking?.origin === origin ? this.#asking.fetch : undefined;
  }

  async #listenModel(service: string, model: Model): Promise<Listening> {
    const { stage } = this.#request;
    const { ledger, rewrite } = stage;
    const listening = await outsideOfAll(() => listenModel(stage, model, 0));
    const hop = { from: service, to: model.name, number: () => String(stage.occurrence(`model/${service}`)) };
    const wire = { ledger, rewrite, faults: undefined, name: modelName };
    const fetch = recordedFetch(repliesThrough(this.#sockets), { ...hop, ...wire });
    this.#asking = { origin: new URL(listening.url).origin, fetch };
    return listening;
  }

  #connect(service: string, server: McpServer): McpConnection {
    const { stage, transport } = this.#request;
    const { ledger, rewrite } = stage;
    const ends = stage.connection(service, server.name);
    const messages = new McpMessages(ends, transport);
    const near = recorded(this.#nearEnd(server, ends), "client", { messages, ledger, rewrite });
    return { transport: near, ...networkOf(transport) };
  }

  #nearEnd(server: McpServer, ends: McpEnds): TextTransport {
    const { stage, transport } = this.#request;
    const { wireFaults: faults } = stage;
    const asOwn = { "user-agent": ownUserAgent(ends.client) };
    if (transport === "http") {
      const through = (request: RequestOver): RequestOver => faultyRequests(request, faults, ends);
      return httpConnection(this.urlOf(server.name), () => ({ ...inject(context.active()), ...asOwn }), through);
    }
    const subjects = new McpSubjects({ from: ends.client, to: ends.server, transport });
    const near = { end: "client", subjects } as const;
    if (transport === "ws") return faultyTransport(webSocketConnection(this.urlOf(server.name), asOwn), faults, near);
    const connection = stdioConnection(this.#processOf(server.name).child, (line) =>
      stage.fail(`server ${server.name} printed on standard output what is no MCP message: ${JSON.stringify(line)}`),
    );
    return faultyTransport(connection, faults, near);
  }

  /** The pipes of a server over stdio, for one who speaks MCP there in place of this process. */
  pipesOf(server: string): Pick<Child, "stdin" | "stdout"> {
    return this.#processOf(server).child;
  }

  #processOf(server: string): MockProcess {
    const started = this.#started.find(({ casting }) => casting.mock.name === server);
    if (started === undefined) throw new Error(`BUG: no process of server ${server}`);
    return started;
  }

  /** Where a mock listens that does not speak over stdio. */
  urlOf(name: string): string {
    const url = this.#urls[name];
    if (url === undefined) throw new Error(`BUG: nobody has started ${name}`);
    return url;
  }

  /** Ends the run in every child. Those that did well are kept for the next run, all others are ended. */
  async end(): Promise<Collected> {
    const { stage } = this.#request;
    const alive = this.#started.filter(({ child }) => !child.isOver);
    for (const forget of this.#forget) forget();
    const isAgent = ({ casting }: MockProcess): boolean => isA2aAgent(casting.mock);
    const inRun = alive.filter(({ isInRun }) => isInRun);
    // Remote agents first: they close the connections that they have to servers.
    const ended = await this.#endEach(inRun.filter(isAgent));
    ended.push(...(await this.#endEach(inRun.filter((started) => !isAgent(started)))));
    this.#sockets.destroy();
    await this.#model?.then(
      (listening) => listening.close(),
      // Who asked for it knows that it does not listen.
      () => undefined,
    );
    const collected = joined(ended);
    const { failures, faults, openSpans } = collected;
    // What is still at work there would go on in the next run.
    const unmet = [...stage.failures, ...stage.faults, ...failures, ...faults, ...openSpans];
    const isClean =
      unmet.length === 0 &&
      alive.length === this.#started.length &&
      !isUnderWay([...stage.ledger.entries, ...collected.ledger]);
    for (const started of alive)
      if (isClean) started.release();
      else started.child.kill();
    if (!isClean) await Promise.all(this.#started.map(({ child }) => child.exited));
    return collected;
  }

  /** All at once: several that hang take no longer than one. */
  async #endEach(processes: readonly MockProcess[]): Promise<Collected[]> {
    const { stage } = this.#request;
    const done = await Promise.allSettled(processes.map((started) => started.end(stage.identity.limits)));
    return done.flatMap((one, index) => {
      if (one.status === "fulfilled") return [one.value];
      if (one.reason instanceof LostChildError) stage.fail(one.reason.message);
      else stage.failWith(`${processes[index]?.label ?? ""} could not end the run:`, one.reason);
      return [];
    });
  }
}

/** Whether a message stands in a pipe, which outlives the run: whoever reads there next would take it for its own. */
function isUnderWay(ledger: readonly LedgerEntry[]): boolean {
  const underWay = new Set<string>();
  for (const { end, message, protocol, transport } of ledger)
    if (protocol === "mcp" && transport === "stdio" && end === "sent") underWay.add(message);
  for (const { end, message } of ledger) if (end === "received") underWay.delete(message);
  return underWay.size > 0;
}
