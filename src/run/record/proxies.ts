import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { seededSpanIds } from "../../core/ids.ts";
import { a2aPassages } from "../../mock/recorder/a2a.ts";
import type { Hearing } from "../../mock/recorder/hearing.ts";
import { McpEar, mcpPassages } from "../../mock/recorder/mcp.ts";
import { type ModelUpstreams, modelPassages } from "../../mock/recorder/model.ts";
import type { Exchange } from "../../recording/exchange.ts";
import type { Lack, Offer } from "../../recording/recording.ts";
import { type Service, openService } from "../../telemetry/service.ts";
import type { Span } from "../../trace/span.ts";
import { type ReadRequest } from "../../wire/http-exchange.ts";
import { type Passage, listenProxy } from "../../wire/http-proxy.ts";
import { listenHttp } from "../../wire/http.ts";
import { listenStdio } from "../../wire/relay.ts";
import { EPOCH_UNIX_NANO, SystemClock } from "../../wire/system-clock.ts";
import type { McpEntry } from "../endpoints.ts";
import type { Outside } from "../execute.ts";
import { networkOf } from "../peers.ts";
import type { McpUpstream } from "../upstream.ts";
import { McpRelay } from "./mcp-relay.ts";

type Fields = Readonly<Record<string, string>>;

/** The real world behind the proxies. */
export interface Upstreams {
  readonly models: Omit<ModelUpstreams, "dummyKey">;
  readonly mcp: readonly McpUpstream[];
  /** Remote agents by name: where their cards lie. */
  readonly a2a: Fields;
}

/** Whose recording it is. */
export interface RecordingAbout {
  /** The scenario's name. */
  readonly name: string;
  readonly agent: string;
  readonly seed: number;
  readonly dummyKey: string;
  /** Where the model's proxy listens; 0 takes a free port. */
  readonly port: number;
  /** Over what the agent reaches MCP servers. */
  readonly transport: "stdio" | "http";
}

/** Proxies for all that one agent uses, and what they have heard. */
export class Proxies implements Omit<Outside, "script" | "signal"> {
  readonly mcpServers: Record<string, McpEntry> = {};
  readonly a2aAgents: Record<string, string> = {};
  /** In the order in which they ended. */
  readonly exchanges: Exchange[] = [];
  /** When the recording began. */
  readonly beganUnixNano: bigint;
  #models = "";
  readonly #about: RecordingAbout;
  readonly #clock = new SystemClock(EPOCH_UNIX_NANO);
  readonly #hearing: Hearing;
  readonly #services = new Map<string, Service>();
  readonly #lacks = new Map<string, Lack>();
  readonly #ears: McpEar[] = [];
  readonly #relays: McpRelay[] = [];
  readonly #closing: (() => Promise<void>)[] = [];

  private constructor(about: RecordingAbout) {
    this.#about = about;
    this.beganUnixNano = this.#clock.nowUnixNano();
    this.#hearing = {
      agent: about.agent,
      nowMs: () => Number(this.#clock.nowUnixNano() - this.beganUnixNano) / 1e6,
      exchange: (exchange) => void this.exchanges.push(exchange),
      // The same may happen often, and says nothing new.
      lack: (lack) => void this.#lacks.set(lack.what, lack),
      service: (name) => this.#service(name),
    };
  }

  /**
   * Opens them on 127.0.0.1.
   *
   * @throws TroupeError `USAGE` when the port is taken.
   */
  static async open({ models, mcp, a2a }: Upstreams, about: RecordingAbout): Promise<Proxies> {
    const proxies = new Proxies(about);
    const { dummyKey, port } = about;
    try {
      proxies.#models = await proxies.#listen(modelPassages({ ...models, dummyKey }, proxies.#hearing), port);
      for (const upstream of mcp) proxies.mcpServers[upstream.name] = await proxies.#entry(upstream);
      for (const [name, url] of Object.entries(a2a)) {
        const address = await proxies.#listen(a2aPassages(name, url, proxies.#hearing));
        proxies.a2aAgents[name] = address + new URL(url).pathname.replace(/\/$/, "");
      }
      return proxies;
    } catch (error) {
      await proxies.close();
      throw error;
    }
  }

  get models(): string {
    return this.#models;
  }

  get lacks(): readonly Lack[] {
    return [...this.#lacks.values()];
  }

  get offers(): readonly Offer[] {
    const servers = this.#ears.map(({ server, tools }) => ({ server, tools }));
    return [...servers, ...Object.keys(this.a2aAgents).map((agent) => ({ agent }))];
  }

  /** Spans of the services behind the proxies, as their mocks would make them. */
  get spans(): readonly Span[] {
    return [...this.#services.values()].flatMap((service) => [...service.spans, ...service.openSpans()]);
  }

  /** Ends every connection, and the programs that were started; nothing is heard any more. */
  async close(): Promise<void> {
    await Promise.all(this.#closing.splice(0).map((close) => close()));
    await Promise.all(this.#relays.map((relay) => relay.end()));
    for (const ear of this.#ears) ear.end();
  }

  async #listen(passages: (request: ReadRequest) => Passage, port = 0): Promise<string> {
    const proxy = await listenProxy(port, passages);
    this.#closing.push(() => proxy.close());
    return proxy.url;
  }

  /** How the agent reaches an MCP server: one that listens itself, through a proxy of bytes; all others, of messages. */
  async #entry(upstream: McpUpstream): Promise<McpEntry> {
    const { transport } = this.#about;
    const ear = new McpEar({ server: upstream.name, ...networkOf(transport) }, this.#hearing);
    this.#ears.push(ear);
    if ("url" in upstream && transport === "http") {
      const { pathname, search } = new URL(upstream.url);
      return { type: "http", url: (await this.#listen(mcpPassages(upstream, ear))) + pathname + search };
    }
    const fault = (what: string): void =>
      this.#hearing.lack({ what, consequence: "the mock has what was said before" });
    const relay = new McpRelay(upstream, ear, fault);
    this.#relays.push(relay);
    const onConnection = (front: Transport): Promise<void> => relay.serve(front);
    if (transport === "stdio") {
      const front = await listenStdio(onConnection);
      this.#closing.push(() => front.close());
      return front.entry;
    }
    const front = await listenHttp({ port: 0, onConnection, isStreaming: true });
    this.#closing.push(() => front.close());
    return { type: "http", url: front.url };
  }

  #service(name: string): Service {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    const { seed, name: scenario } = this.#about;
    const service = openService(name, seededSpanIds(seed, `${scenario}/${name}`), this.#clock);
    this.#services.set(name, service);
    return service;
  }
}
