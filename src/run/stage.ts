import { type Context, context, propagation } from "@opentelemetry/api";
import { type Fault, type TroupeError, isTroupeError } from "../core/errors.ts";
import { seededSpanIds } from "../core/ids.ts";
import { randomStream } from "../core/random.ts";
import type { Answered, Answering, Miss, RealAnswer, RealCall } from "../recording/answering.ts";
import type { WireFault } from "../scenario/fault.ts";
import type { Message } from "../scenario/model.ts";
import type { Plan } from "../scenario/plan.ts";
import type { Limits } from "../scenario/scenario.ts";
import type { SpanFault } from "../scenario/span-fault.ts";
import type { Actor } from "../telemetry/actor.ts";
import { extract, inject } from "../telemetry/carrier.ts";
import { type Service, type ServiceOptions, openService } from "../telemetry/service.ts";
import { spoilingSpans } from "../telemetry/span-faults.ts";
import { portableWords } from "../telemetry/spans.ts";
import { ATTR } from "../trace/conventions.ts";
import type { CarrierFields, LedgerEntry } from "../trace/evidence.ts";
import { WireFaults } from "../wire/faults/wire-faults.ts";
import { type CarrierRewrite, Ledger, type Written, asWritten, writtenWith } from "../wire/ledger.ts";
import type { McpEnds } from "../wire/mcp-ledger.ts";
import type { RealTools } from "./real-tools.ts";
import type { UncaughtListener, World } from "./world.ts";

/** Latencies between processes and within one, in nanoseconds. */
export const NETWORK_NANO = [150_000, 1_800_000] as const;
const IN_PROCESS_NANO = [1_000, 20_000] as const;

/** What a process has to know of a run to take its part in it. */
export interface RunIdentity {
  readonly scenario: string;
  readonly seed: number;
  /** 16 hex digits out of scenario and seed. */
  readonly runId: string;
  readonly limits: Limits;
  /** What becomes of questions that recordings do not hold; as each recorded part says, where it is left out. */
  readonly miss?: Miss;
  /** What may be called in the real world under `live`. */
  readonly real?: RealTools;
  /** What happens to messages, and to what they carry, on their way. */
  readonly faults: readonly WireFault[];
  /**
   * The service that started this process, and empty for the runner and what it started: over stdio several processes may
   * be one and the same service, and must not draw the same ids.
   */
  readonly startedBy: string;
  /** Spans that go wrong on purpose. */
  readonly spanFaults: readonly SpanFault[];
}

/** A request that an actor has made of another and that is not answered. */
interface OpenCall {
  readonly from: Actor;
  readonly to: Actor;
  readonly method: string;
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

/** What one process knows of a run: its world, services, actors, states and ledger, and what went wrong. */
export class Stage {
  readonly identity: RunIdentity;
  readonly world: World;
  readonly ledger: Ledger;
  readonly rewrite: CarrierRewrite;
  /** `undefined` where the run has none. */
  readonly wireFaults: WireFaults | undefined;
  /** What made the run fail, one sentence each. */
  readonly failures: string[] = [];
  /** Faults of the definition that only running it could show. */
  readonly faults: Fault[] = [];
  /** How recorded parts have answered, as far as they were told how to. */
  readonly answered: Answered[] = [];
  /** Spans that were made to go wrong, and did. */
  readonly spoiltSpans: SpanFault[] = [];
  readonly openCalls = new Set<OpenCall>();
  /** What each agent, and each task of a remote one, has heard and said to its model over the whole run. */
  readonly memories = new Map<string, Message[]>();
  readonly #options: ServiceOptions;
  readonly #services = new Map<string, Service>();
  readonly #inHand = new Set<Promise<void>>();
  readonly #actors = new Map<string, Actor>();
  readonly #occurrences = new Map<string, number>();
  readonly #states = new Map<string, unknown>();

  constructor(identity: RunIdentity, makeWorld: (onUncaught: UncaughtListener) => World, options: ServiceOptions = {}) {
    this.identity = identity;
    this.#options = options;
    this.world = makeWorld((actor, error) =>
      this.fail(`${actorLabel(actor)} threw and nobody caught it: ${errorWords(error)}`),
    );
    this.ledger = new Ledger(this.world, options.keeps !== "nothing");
    const { seed, limits, faults } = identity;
    const { world } = this;
    const setTimer = (delayNano: number, fire: () => void): (() => void) => world.setTimer(delayNano, fire);
    const keepInHand = (work: Promise<void>): void => this.keepInHand(work);
    const surroundings = { seed, clock: world, setTimer, keepInHand, limitMs: limits.requestMs };
    this.wireFaults = faults.length === 0 ? undefined : new WireFaults(faults, surroundings);
    this.rewrite = this.wireFaults?.rewrite ?? asWritten;
  }

  /** A part of the run's definition as it takes part: what answers from a recording does so by the run's policy. */
  cast<Part>(part: Part, rewire: (part: Part, answering: Answering) => Part): Part {
    const { miss, real } = this.identity;
    const live = real === undefined ? {} : { askReal: (call: RealCall) => ask(real, call) };
    return miss === undefined ? part : rewire(part, { miss, ...live, onAnswered: (one) => this.answered.push(one) });
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
    const { seed, scenario, startedBy, spanFaults } = this.identity;
    const whose = startedBy === "" ? name : `${startedBy}>${name}`;
    const spans = spanFaults.filter((fault) => fault.service === name);
    const spoil = spoilingSpans(spans, (fault) => this.spoiltSpans.push(fault));
    const options = spans.length === 0 ? this.#options : { ...this.#options, spoil };
    const service = openService(name, seededSpanIds(seed, `${scenario}/${whose}`), this.world, options);
    this.#services.set(name, service);
    return service;
  }

  get services(): Iterable<Service> {
    return this.#services.values();
  }

  actor(name: string, service: string): Actor {
    const known = this.#actors.get(name);
    if (known !== undefined) return known;
    const { seed } = this.identity;
    const [random, ids] = [randomStream(seed, `random/${name}`), randomStream(seed, `random-ids/${name}`)];
    const actor = { name, service: this.service(service), clock: this.world, random, ids };
    this.#actors.set(name, actor);
    return actor;
  }

  /** An actor that has acted before. */
  knownActor(name: string): Actor {
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

  /** The ends of a connection to a server; a server's own end learns from the first message who its client is. */
  connection(client: string, server: string): McpEnds {
    return { client, server, number: (from) => this.occurrence(`connection/${from}>${server}`) };
  }

  /**
   * The next `agent.trajectory.step` of a trajectory, from 1 in program order: an agent's over the whole run, and that of
   * each question and each remote task, which are conversations of their own and may be worked on at once.
   */
  nextStep(trajectory: string): number {
    return this.occurrence(`step/${trajectory}`);
  }

  /**
   * The state of a mock in this run, made when it is first asked for; of one that serves alone, in the conversation whose
   * run the current baggage names, or in what names none.
   */
  state({ name, state }: { readonly name: string; readonly state: () => unknown }): unknown {
    const key = this.#options.keeps === "nothing" ? `${runInBaggage()}/${name}` : name;
    const known = this.#states.has(key) ? this.#states.get(key) : state();
    this.#states.set(key, known);
    const [oldest] = this.#states.keys();
    // Who serves alone may live for weeks.
    if (this.#states.size > STATES_MAX && oldest !== undefined) this.#states.delete(oldest);
    return known;
  }

  /**
   * Has `to` answer a request of `from`, which holds the current context. Only text and the carrier cross; the answer
   * comes back the same way.
   *
   * @throws CalleeError when the answer is that `to` failed.
   */
  call(
    request: OpenCall & { readonly payload: unknown },
    answer: (payload: unknown) => Promise<unknown>,
  ): Promise<unknown> {
    const { from, to, method } = request;
    const answered = new Promise((resolve, reject) => {
      const back = (payload: Answer): void =>
        this.#send({ from: to, to: from, method, payload, role: "reply", carrier: {} }, (text) => {
          const { value, failed }: Answer = JSON.parse(text);
          if (failed === undefined) resolve(value);
          else reject(new CalleeError(to.name, failed));
        });
      this.#send({ ...request, role: "request", carrier: inject(context.active()) }, (text, received) => {
        const working = context.with(received, () => answer(JSON.parse(text)));
        working.then(
          (value) => back({ value }),
          (error: unknown) => back({ failed: portableWords(error) }),
        );
      });
    });
    return this.waiting(request, () => answered);
  }

  /** Notes that an actor waits for another while `work` lasts: who waits for whom is what a deadlock is told by. */
  async waiting<T>(call: OpenCall, work: () => Promise<T>): Promise<T> {
    this.openCalls.add(call);
    try {
      return await work();
    } finally {
      this.openCalls.delete(call);
    }
  }

  /** Notes work that may go on though nobody waits for it, as a remote agent's on a task, or a step that is not awaited. */
  keepInHand(work: Promise<unknown>): void {
    const settled = work.then(
      () => void this.#inHand.delete(settled),
      () => void this.#inHand.delete(settled),
    );
    this.#inHand.add(settled);
  }

  /** Waits until such work is done, and at most half as long as a process may take to hand in its spans. */
  async settled(): Promise<void> {
    if (this.#inHand.size === 0) return;
    const done = async (): Promise<void> => {
      // What is done may have left more to do.
      while (this.#inHand.size > 0) await Promise.all(this.#inHand);
    };
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.world.setTimer((this.identity.limits.flushMs / 2) * 1_000_000, resolve);
    });
    await Promise.race([done(), late]);
    cancel();
    // Of what nobody caught Node tells only once all that is runnable has run.
    await new Promise<void>((resolve) => void this.world.setTimer(0, resolve));
  }

  #send(
    message: OpenCall & Pick<LedgerEntry, "role" | "carrier"> & { readonly payload: unknown },
    arrive: (text: string, received: Context) => void,
  ): void {
    const { from, to, method, role } = message;
    const lane = `${from.name}>${to.name}`;
    const crossing = {
      message: `${lane}#${this.ledger.entries.length}`,
      from: from.service.name,
      to: to.service.name,
      protocol: "in-process",
      transport: "sim",
      method,
      role,
      carrier: message.carrier,
      text: JSON.stringify(message.payload),
    } as const;
    const agent = to.name.startsWith("agent/") ? to.name.slice("agent/".length) : undefined;
    const entry = writtenWith(crossing, { agent });
    const { sent, arriving } = this.rewrite(entry.carrier, entry);
    this.ledger.sent(carrying(entry, sent));
    const latency = from.service === to.service ? IN_PROCESS_NANO : NETWORK_NANO;
    const deliver = (): void => {
      this.ledger.received(carrying(entry, arriving));
      arrive(entry.text, extract(arriving));
    };
    this.world.deliver(lane, to, deliver, latency);
  }
}

function carrying(entry: Written, carrier: CarrierFields): Written {
  return carrier === entry.carrier ? entry : { ...entry, carrier };
}

/** `agent/billing` as a sentence says it. */
export function actorLabel(name: string): string {
  return name.replace("/", " ");
}

export function errorWords(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** What every span of a conversation shares. */
export function conversationAttributes({ runId }: Pick<RunIdentity, "runId">): Readonly<Record<string, string>> {
  return { [ATTR.conversationId]: runId };
}

/** What the root of each trace says of its run. */
export function runAttributes(plan: Plan): Readonly<Record<string, string | number>> {
  return { [ATTR.runId]: plan.runId, [ATTR.seed]: plan.seed, [ATTR.persona]: plan.persona.name };
}

/** How many conversations a mock that serves alone has a state for. */
const STATES_MAX = 1_000;

/** What speaks to real servers is loaded where one is asked. */
async function ask(real: RealTools, call: RealCall): Promise<RealAnswer> {
  const { askReal } = await import("./real-tools.ts");
  return await askReal(real, call);
}

function runInBaggage(): string {
  return propagation.getActiveBaggage()?.getEntry(ATTR.runId)?.value ?? "";
}

/** `parent` with the run's id and the scenario's attributes as baggage. */
export function baggageContext(plan: Plan, parent: Context): Context {
  const entries = { ...plan.scenario.attributes, [ATTR.runId]: plan.runId };
  return propagation.setBaggage(
    parent,
    propagation.createBaggage(Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, { value }]))),
  );
}
