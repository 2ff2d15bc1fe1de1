import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { type Context, context, propagation } from "@opentelemetry/api";
import { type Fault, type TroupeError, isTroupeError } from "../core/errors.ts";
import { seededSpanIds } from "../core/ids.ts";
import { randomStream } from "../core/random.ts";
import { createMcpServer } from "../mock/mcp-server.ts";
import { sharedValidator } from "../mock/schema-validator.ts";
import type { Message } from "../scenario/model.ts";
import type { Plan } from "../scenario/plan.ts";
import type { McpServer } from "../scenario/server.ts";
import type { Actor } from "../telemetry/actor.ts";
import { extract, inject } from "../telemetry/carrier.ts";
import { calling, serving } from "../telemetry/mcp-spans.ts";
import { type Service, openService } from "../telemetry/service.ts";
import { portableWords } from "../telemetry/spans.ts";
import { ATTR } from "../trace/conventions.ts";
import type { LedgerEntry } from "../trace/evidence.ts";
import { Ledger } from "../wire/ledger.ts";
import { type CarrierRewrite, type Wire, simulatedConnection } from "../wire/simulated.ts";
import { World } from "./world.ts";

/** Latencies between processes and within one, in nanoseconds. */
const NETWORK_NANO = [150_000, 1_800_000] as const;
const IN_PROCESS_NANO = [1_000, 20_000] as const;

/** A request that an actor has made of another and that is not answered. */
interface OpenCall {
  readonly from: Actor;
  readonly to: Actor;
  readonly method: string;
  readonly payload: unknown;
}

interface Answer {
  readonly value?: unknown;
  readonly failed?: string;
}

/** Whom an actor had asked failed; the failure itself was reported where it happened. */
export class CalleeError extends Error {
  override readonly name = "CalleeError";

  constructor(callee: string, words: string) {
    super(`${actorLabel(callee)} failed: ${words}`);
  }
}

/** Everything that stands still in one run: services, actors, servers with their state, connections, the ledger. */
export class Stage {
  readonly plan: Plan;
  readonly world: World;
  readonly ledger: Ledger;
  /** What made the run fail, one sentence each. */
  readonly failures: string[] = [];
  /** Faults of the definition that only running it could show. */
  readonly faults: Fault[] = [];
  readonly openCalls = new Set<OpenCall>();
  /** What each agent has heard and said to its model over the whole run. */
  readonly memories = new Map<string, Message[]>();
  readonly #services = new Map<string, Service>();
  readonly #actors = new Map<string, Actor>();
  readonly #occurrences = new Map<string, number>();
  readonly #clients = new Map<string, Promise<Client>>();
  readonly #states = new Map<string, unknown>();
  readonly #wire: Wire;

  constructor(plan: Plan, rewrite: CarrierRewrite) {
    this.plan = plan;
    this.world = new World(plan.seed, plan.scenario.limits, (actor, error) =>
      this.fail(`${actorLabel(actor)} threw and nobody caught it: ${errorWords(error)}`),
    );
    this.ledger = new Ledger(this.world);
    const network = {
      deliver: (lane: string, to: string, arrive: () => void) =>
        this.world.deliver(lane, this.#known(to), arrive, NETWORK_NANO),
    };
    this.#wire = { network, ledger: this.ledger, rewrite };
  }

  fail(sentence: string): void {
    this.failures.push(sentence);
  }

  /** Records why a piece of work failed, once: a fault of the definition as such, all else as a failure of the run. */
  failWith(subject: string, error: unknown): void {
    if (isTroupeError(error))
      this.faults.push(...(error satisfies TroupeError).faults.filter((fault) => !this.faults.includes(fault)));
    else this.fail(`${subject} ${errorWords(error)}`);
  }

  service(name: string): Service {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    const service = openService(name, seededSpanIds(this.plan.seed, `${this.plan.scenario.name}/${name}`), this.world);
    this.#services.set(name, service);
    return service;
  }

  get services(): Iterable<Service> {
    return this.#services.values();
  }

  actor(name: string, service: string): Actor {
    const known = this.#actors.get(name);
    if (known !== undefined) return known;
    const random = randomStream(this.plan.seed, `random/${name}`);
    const actor = { name, service: this.service(service), clock: this.world, random };
    this.#actors.set(name, actor);
    return actor;
  }

  #known(name: string): Actor {
    const actor = this.#actors.get(name);
    if (actor === undefined) throw new Error(`BUG: no actor ${name}`);
    return actor;
  }

  /** How often this has been asked for before and now, counted from 1. */
  occurrence(key: string): number {
    const count = (this.#occurrences.get(key) ?? 0) + 1;
    this.#occurrences.set(key, count);
    return count;
  }

  /** The next `agent.trajectory.step` of an agent: from 1 over the whole run, in program order. */
  nextStep(agent: string): number {
    return this.occurrence(`step/${agent}`);
  }

  /**
   * Has `to` answer a request of `from`, which holds the current context. Only text and the carrier cross; the answer
   * comes back the same way.
   *
   * @throws CalleeError when the answer is that `to` failed.
   */
  async call(
    request: { readonly from: Actor; readonly to: Actor; readonly method: string; readonly payload: unknown },
    answer: (payload: unknown) => Promise<unknown>,
  ): Promise<unknown> {
    const { from, to, method } = request;
    this.openCalls.add(request);
    try {
      return await new Promise((resolve, reject) => {
        const back = (payload: Answer): void =>
          this.#send({ from: to, to: from, method, payload, role: "reply", carrier: {} }, (text) => {
            const { value, failed }: Answer = JSON.parse(text);
            if (failed === undefined) resolve(value);
            else reject(new CalleeError(to.name, failed));
          });
        this.#send({ ...request, role: "request", carrier: inject(context.active()) }, (text, received) => {
          const answered = context.with(received, () => answer(JSON.parse(text)));
          answered.then(
            (value) => back({ value }),
            (error: unknown) => back({ failed: portableWords(error) }),
          );
        });
      });
    } finally {
      this.openCalls.delete(request);
    }
  }

  #send(
    message: OpenCall & Pick<LedgerEntry, "role" | "carrier">,
    arrive: (text: string, received: Context) => void,
  ): void {
    const { from, to, method, role } = message;
    const lane = `${from.name}>${to.name}`;
    const entry = {
      message: `${lane}#${this.ledger.entries.length}`,
      from: from.service.name,
      to: to.service.name,
      ...(to.name.startsWith("agent/") ? { agent: to.name.slice("agent/".length) } : {}),
      protocol: "in-process",
      transport: "sim",
      method,
      role,
      carrier: message.carrier,
      text: JSON.stringify(message.payload),
    } as const;
    this.ledger.sent(entry);
    const carrier = this.#wire.rewrite(entry.carrier, entry);
    const latency = from.service === to.service ? IN_PROCESS_NANO : NETWORK_NANO;
    const deliver = (): void => {
      this.ledger.received({ ...entry, carrier });
      arrive(entry.text, extract(carrier));
    };
    this.world.deliver(lane, to, deliver, latency);
  }

  /** The agent's connection to a mock server, opened when it is first needed. */
  client(actor: Actor, agent: string, server: McpServer): Promise<Client> {
    const key = `${agent}>${server.name}`;
    const known = this.#clients.get(key) ?? this.#connect(actor, agent, server);
    this.#clients.set(key, known);
    return known;
  }

  async #connect(actor: Actor, agent: string, server: McpServer): Promise<Client> {
    const far = this.actor(`server/${server.name}`, server.name);
    const ends = simulatedConnection(
      this.#wire,
      { service: actor.service.name, actor: actor.name, agent },
      { service: server.name, actor: far.name },
    );
    const peer = { server: server.name, networkTransport: "inproc" };
    // Set up as the server and not as the agent whose turn this is, or its context would live on in the server.
    this.world.deliver(
      `connect/${actor.name}>${far.name}`,
      far,
      () => {
        if (!this.#states.has(server.name)) this.#states.set(server.name, server.state());
        const mock = createMcpServer(server, {
          seed: this.plan.seed,
          clock: this.world,
          pause: (nano) => this.world.pause(nano),
          state: this.#states.get(server.name),
          onFault: (sentence) => this.fail(sentence),
        });
        void mock.connect(serving(ends.server, far.service, peer));
      },
      [0, 0],
    );
    const client = new Client({ name: agent, version: "1.0.0" }, { jsonSchemaValidator: sharedValidator() });
    await client.connect(calling(ends.client, actor.service, peer));
    if (client.getServerCapabilities()?.tools !== undefined) await client.listTools();
    return client;
  }

  /** Closes every connection that was opened. */
  async close(): Promise<void> {
    for (const client of await Promise.allSettled(this.#clients.values()))
      if (client.status === "fulfilled") await client.value.close();
  }
}

/** `agent/billing` as a sentence says it. */
export function actorLabel(name: string): string {
  return name.replace("/", " ");
}

function errorWords(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** What every span of a conversation shares. */
export function conversationAttributes(plan: Plan): Readonly<Record<string, string>> {
  return { [ATTR.conversationId]: plan.runId };
}

/** What the root of each trace says of its run. */
export function runAttributes(plan: Plan): Readonly<Record<string, string | number>> {
  return { [ATTR.runId]: plan.runId, [ATTR.seed]: plan.seed, [ATTR.persona]: plan.persona.name };
}

/** `parent` with the run's id and the scenario's attributes as baggage. */
export function baggageContext(plan: Plan, parent: Context): Context {
  const entries = { ...plan.scenario.attributes, [ATTR.runId]: plan.runId };
  return propagation.setBaggage(
    parent,
    propagation.createBaggage(Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, { value }]))),
  );
}
