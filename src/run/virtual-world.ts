import type { HrTime } from "@opentelemetry/api";
import { VIRTUAL_EPOCH_UNIX_NANO } from "../core/clock.ts";
import { EventQueue } from "../core/event-queue.ts";
import { hash32, mix32 } from "../core/random.ts";
import type { Limits } from "../scenario/scenario.ts";
import { type Actor, currentActor } from "../telemetry/actor.ts";
import { inFreshResource, outsideOfAll } from "./frame.ts";
import type { Fetch } from "../wire/http-exchange.ts";
import { pausing } from "./pausing.ts";
import { type RealIo, realIo } from "./virtual-time/io-gate.ts";
import { type VirtualHost, native } from "./virtual-time/host.ts";
import { hearUncaught } from "./virtual-time/install.ts";
import type { UncaughtListener, World } from "./world.ts";

interface Task {
  readonly kind: "message" | "timer" | "deadline";
  readonly actor: Actor;
  readonly run: () => void;
}

/** One direction of a connection: what it has carried, and when the last of it arrives. */
interface Lane {
  readonly hash: number;
  endNano: number;
  sent: number;
}

/** Nothing is runnable, due or in flight, and the run is not finished; or an instant, or real I/O, never ends. */
export class StuckError extends Error {
  override readonly name = "StuckError";
  readonly why: "stalled" | "instant" | "real-io";
  readonly actor: string;

  constructor(why: StuckError["why"], actor: string) {
    super(`the simulation is stuck (${why})`);
    this.why = why;
    this.actor = actor;
  }
}

const EPOCH_SECONDS = Number(VIRTUAL_EPOCH_UNIX_NANO / 1_000_000_000n);

/** How many events are taken before Node polls again. */
const EVENTS_A_TURN = 32;

/** A loader may still have files to close; what was begun before the run must not be taken for its first actor's. */
async function briefIoOfOthers(): Promise<void> {
  const sinceMs = native.performanceNow();
  while (realIo().brief > 0 && native.performanceNow() - sinceMs < STALL_MS)
    await new Promise<void>((resolve) => void native.setImmediate(resolve));
}

/**
 * How long, in real time, a channel to another thread that has just opened is waited for: a loader's, as that of `tsx`,
 * closes when the module is there, which a framework may import at every call. One that stays open holds nothing up.
 */
const CHANNEL_MS = 500;

/** How long, in real time, an idle run is given to come back from work that Node does not list, such as `WebAssembly.compile`. */
const STALL_MS = 100;

/**
 * One simulation: a virtual clock, and one event at a time.
 *
 * An event runs in a fresh async resource inside a clean frame, so nothing that its sender holds in any AsyncLocalStorage
 * crosses; then everything runnable runs (microtasks and ticks settle all that the SDKs and web streams do); then the next
 * due event is taken. Real I/O that an actor begins holds virtual time still until it is done.
 */
export class VirtualWorld implements World, VirtualHost {
  nowNano = 0;
  isOver = false;
  /** Names of actors that did real I/O, in the order in which they were first seen. */
  readonly #realIoActors = new Set<string>();
  readonly #queue: EventQueue<Task>;
  readonly #seed: number;
  readonly #limits: Limits;
  readonly #lanes = new Map<string, Lane>();
  readonly #onUncaught: UncaughtListener;
  readonly #network: VirtualHost["fetchOf"];
  /** Real I/O that was under way before the last event, which therefore is others' than its actor's. */
  #before: RealIo = { brief: 0, lasting: 0, channels: 0 };
  #channelsAtStart = 0;
  /** Channels that stand open, for which nobody waits. */
  #channelsStanding = 0;
  #eventsAtInstant = 0;
  #turns = 0;
  #messages = 0;
  #last = "";
  #end: { readonly stop: (error?: StuckError) => void; isSettled: boolean } | undefined;

  constructor(
    seed: number,
    limits: Limits,
    onUncaught: UncaughtListener,
    network: VirtualHost["fetchOf"] = () => undefined,
  ) {
    this.#network = network;
    this.#seed = seed;
    this.#limits = limits;
    this.#onUncaught = onUncaught;
    this.#queue = new EventQueue(seed);
  }

  nowUnixNano(): bigint {
    return VIRTUAL_EPOCH_UNIX_NANO + BigInt(this.nowNano);
  }

  hrTime(): HrTime {
    return [EPOCH_SECONDS + Math.floor(this.nowNano / 1e9), this.nowNano % 1e9];
  }

  tick(): HrTime {
    this.nowNano++;
    return this.hrTime();
  }

  /** Delivers a message: `arrive` runs as `actor` after the lane's next latency, in order within the lane. */
  deliver(lane: string, actor: Actor, arrive: () => void, latencyNano: readonly [number, number]): void {
    const known = this.#lanes.get(lane) ?? { hash: hash32(`${this.#seed}/network/${lane}`), endNano: -1, sent: 0 };
    this.#lanes.set(lane, known);
    const [min, max] = latencyNano;
    const latency = min + (mix32(known.hash, known.sent++) % (max - min + 1));
    const dueNano = Math.max(known.endNano + 1, this.nowNano + latency);
    known.endNano = dueNano;
    this.#messages++;
    this.#add(dueNano, lane, { kind: "message", actor, run: arrive });
  }

  setTimer(delayNano: number, fire: () => void): () => void {
    const actor = currentActor();
    if (actor === undefined) throw new Error("BUG: a virtual timer outside every actor");
    return this.#add(this.nowNano + delayNano, actor.name, { kind: "timer", actor, run: fire });
  }

  /** A timer that alone does not keep the run going. */
  setDeadline(delayNano: number, actor: Actor, fire: () => void): () => void {
    return this.#add(this.nowNano + delayNano, actor.name, { kind: "deadline", actor, run: fire });
  }

  /** Virtual time passes for the calling actor. */
  pause(delayNano: number, _isStated: boolean, signal?: AbortSignal): Promise<void> {
    return pausing((fire) => this.setTimer(delayNano, fire), signal);
  }

  fetchOf(url: URL): Fetch | undefined {
    return this.#network(url);
  }

  notes(label: (actor: string) => string): readonly string[] {
    const found = [...this.#realIoActors].map(
      (name) =>
        `${label(name)} did real I/O; virtual time stood still meanwhile, but what it read may differ elsewhere`,
    );
    const left = this.#queue.pending.filter(({ task }) => task.kind === "timer").map(({ task }) => task.actor.name);
    for (const name of new Set(left)) {
      const count = left.filter((other) => other === name).length;
      found.push(`${count} timer${count === 1 ? "" : "s"} of ${label(name)} had not fired when the run ended`);
    }
    return found;
  }

  /**
   * Runs the simulation until `main` has settled and no message is in flight.
   *
   * @throws StuckError when it can never settle.
   */
  async run<T>(actor: Actor, main: () => Promise<T>): Promise<T> {
    const forget = hearUncaught((error) => {
      const culprit = currentActor();
      // What an earlier run left behind is no failure of this one.
      if (culprit === undefined || culprit.clock === this) this.#onUncaught(culprit?.name ?? this.#last, error);
    });
    try {
      await briefIoOfOthers();
      return await outsideOfAll(async () => {
        const stopped = new Promise<void>((resolve, reject) => {
          const stop = (error?: StuckError): void => (error === undefined ? resolve() : reject(error));
          this.#end = { stop, isSettled: false };
        });
        const settle = (): void => void (this.#end !== undefined && (this.#end.isSettled = true));
        this.#last = actor.name;
        this.#before = realIo();
        this.#channelsAtStart = this.#before.channels;
        this.#channelsStanding = this.#channelsAtStart;
        const result = inFreshResource(actor, main);
        result.then(settle, settle);
        this.#turn();
        await stopped;
        return await result;
      });
    } finally {
      this.isOver = true;
      forget();
    }
  }

  #add(dueNano: number, lane: string, task: Task): () => void {
    return this.#queue.add({ dueNano, lane, task, isPassive: task.kind === "deadline" });
  }

  /**
   * Takes events, one an immediate, many immediates in one list: between them Node drains microtasks and ticks but does
   * not poll, so I/O that an event began is still under way when the next immediate looks for it, however fast the
   * machine. The last one only looks.
   */
  #turn(): void {
    const turn = ++this.#turns;
    this.#before = realIo();
    const next = (go: () => void) => (): void => {
      if (turn === this.#turns && this.#settle()) go();
    };
    const act = next(() => this.#act());
    // A message between threads, or over a channel within one, arrives when Node polls.
    const events = this.#before.channels > this.#channelsAtStart ? 1 : EVENTS_A_TURN;
    for (let count = 0; count < events; count++) native.setImmediate(act);
    native.setImmediate(next(() => this.#turn()));
  }

  #act(): void {
    if (this.#isFinished() || this.#queue.activeCount === 0) return;
    const event = this.#queue.take();
    if (event === undefined) return;
    this.#eventsAtInstant = event.dueNano > this.nowNano ? 0 : this.#eventsAtInstant + 1;
    this.nowNano = Math.max(this.nowNano, event.dueNano);
    const { actor, kind, run } = event.task;
    this.#last = actor.name;
    if (kind === "message") this.#messages--;
    try {
      // A timer brings the resource of its creator; a message must bring nothing.
      if (kind === "timer") run();
      else inFreshResource(actor, run);
    } catch (error) {
      this.#onUncaught(actor.name, error);
    }
  }

  /** Whether the next event may be taken; if not, what has to come first is under way. */
  #settle(): boolean {
    const before = this.#before;
    const now = realIo();
    if (now.brief > before.brief || now.lasting > before.lasting) this.#realIoActors.add(this.#last);
    if (!this.#isFinished() && this.#eventsAtInstant <= this.#limits.eventsPerInstantMax) {
      this.#channelsStanding = Math.min(this.#channelsStanding, now.channels);
      if (!this.#isIoUnderWay(now) && this.#queue.activeCount > 0) {
        this.#before = now;
        if (now.channels <= before.channels) return true;
        this.#turn();
        return false;
      }
    }
    this.#turns++;
    if (this.#isFinished()) this.#end?.stop();
    else if (this.#eventsAtInstant > this.#limits.eventsPerInstantMax) this.#stuck("instant");
    else if (this.#isIoUnderWay()) this.#awaitRealIo(native.performanceNow());
    else this.#awaitWork(native.performanceNow());
    return false;
  }

  #isFinished(): boolean {
    return this.#end?.isSettled === true && this.#messages === 0;
  }

  /** Brief I/O of others is waited for too: an actor's could not be told from it. */
  #isIoUnderWay({ brief, lasting, channels }: RealIo = realIo()): boolean {
    return brief > 0 || lasting > this.#before.lasting || channels > this.#channelsStanding;
  }

  #awaitRealIo(sinceMs: number): void {
    native.setImmediate(() => {
      const now = realIo();
      const waitedMs = native.performanceNow() - sinceMs;
      if (waitedMs > CHANNEL_MS) this.#channelsStanding = Math.max(this.#channelsStanding, now.channels);
      if (!this.#isIoUnderWay(now)) return this.#turn();
      if (waitedMs > this.#limits.realIoMs) return this.#stuck("real-io");
      this.#actBesideIo();
      this.#awaitRealIo(sinceMs);
    });
  }

  /**
   * What is due at once goes on beside sockets and processes, which may wait for it in their turn: undici lets go of a
   * connection in an immediate.
   */
  #actBesideIo(): void {
    const { nextDueNano = Infinity } = this.#queue;
    const { brief, channels } = realIo();
    if (brief > 0 || channels > this.#channelsStanding || nextDueNano > this.nowNano) return;
    const [before, last] = [this.#before, this.#last];
    this.#act();
    [this.#before, this.#last, this.#eventsAtInstant] = [before, last, 0];
  }

  /** `busyMs` is when another thread was last seen at work: it is given as long as real I/O, silence much less. */
  #awaitWork(sinceMs: number, busyMs: number = sinceMs): void {
    native.setTimeout(() => {
      if (this.#isFinished() || this.#queue.activeCount > 0 || this.#isIoUnderWay()) return this.#turn();
      const nowMs = native.performanceNow();
      const isBusy = realIo().channels > this.#channelsAtStart;
      if (isBusy ? nowMs - sinceMs > this.#limits.realIoMs : nowMs - busyMs > STALL_MS) return this.#stuck("stalled");
      this.#awaitWork(sinceMs, isBusy ? nowMs : busyMs);
    }, 1);
  }

  #stuck(why: StuckError["why"]): void {
    this.#end?.stop(new StuckError(why, this.#last));
  }
}
