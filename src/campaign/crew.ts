import { TroupeError, isTroupeError } from "../core/errors.ts";
import type { Fault } from "../core/errors.ts";
import type { Verdict } from "../check/verdict.ts";
import type { Breaks } from "../run/execute.ts";
import { native } from "../run/virtual-time/host.ts";
import { loadError, lossSentence } from "./loss.ts";
import type { Played, Progress } from "./result.ts";
import { Thread, type ThreadEnd, type ThreadLimits, type ThreadScript } from "./thread.ts";
import type { FromThread, PlayedOrder, RunExport, RunOrder, ScenarioName } from "./thread-messages.ts";
import { worst } from "./verdicts.ts";

/** What every result says of itself. */
interface CrewResult {
  readonly verdict: Verdict;
  readonly scenario: string;
  readonly seed: number;
}

/** Work for many threads: each of what they load, with each seed. */
export interface CrewOrder<Result extends CrewResult> {
  readonly script: ThreadScript;
  /** What each thread is given. */
  readonly settings: object;
  /** What is loaded, as a sentence names it. */
  readonly where: string;
  readonly seeds: readonly number[];
  /** The result of a run that took its thread with it. */
  readonly lost: (named: ScenarioName, seed: number, why: string) => Promise<Result>;
  readonly limits: ThreadLimits;
  /** The most threads at once. */
  readonly jobs: number;
  /** Whether that many start at once, or each when it is worth its start. */
  readonly isEager: boolean;
  readonly onLoaded: (scenarios: readonly ScenarioName[]) => void;
  readonly onRun: (run: Result) => void;
  /** Hears of each run after that, and says what to play again with what put into it. */
  readonly followUps?: (played: Told<Result>) => readonly Breaks[];
  readonly onProgress: (progress: Progress) => void;
  readonly onOutput: (text: string) => void;
  readonly onExport: (exported: RunExport) => void;
}

/** What is told of a run that was played. */
type Told<Result> = Omit<PlayedOrder<Result>, "exports">;

/** A thread at work, and the runs it was given and has not sent back, in its order. */
interface Member<Result> {
  readonly thread: Thread<Result>;
  readonly runs: RunOrder[];
  isLoaded: boolean;
  /** The file that it loads. */
  file: string | undefined;
}

/** The most runs that a thread is given at once. */
const CHUNK_MAX = 32;
/** How often it is asked whether another thread is worth its start, besides at each end of a run. */
const PULSE_MS = 100;

/** The threads of one suite: hands out its runs, and puts their results in order. */
export class Crew<Result extends CrewResult> {
  readonly #order: CrewOrder<Result>;
  readonly #members = new Set<Member<Result>>();
  readonly #startedMs = native.performanceNow();
  /** What the first thread loaded; the others must load the same. */
  #scenarios: readonly ScenarioName[] | undefined;
  #version = "";
  #loadedMs = 0;
  /** The first run that no thread was given yet, and earlier ones that came back. */
  #next = 0;
  readonly #returned: RunOrder[] = [];
  /** Runs that follow from others, in the order in which those were told. */
  readonly #followUps: RunOrder[] = [];
  #done = 0;
  #unmet = 0;
  /** Results that wait for those before them. */
  readonly #early = new Map<number, Told<Result>>();
  readonly #runs: Result[] = [];
  readonly #faults: Fault[] = [];
  /** Whether a thread has failed to load after another had: the next may fail too, and none is started without need. */
  #isReduced = false;
  #settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(order: CrewOrder<Result>) {
    this.#order = order;
  }

  /** Plays the suite; `signal` ends it early. */
  async play(signal: AbortSignal | undefined): Promise<Played<Result>> {
    const pulse = native.setInterval(() => this.#enlarge(), PULSE_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = { resolve, reject };
        signal?.addEventListener("abort", () => resolve(), { once: true });
        if (signal?.aborted === true) resolve();
        else this.#start();
      });
    } finally {
      native.clearTimeout(pulse);
      const stopped = [...this.#members].map(({ thread }) => thread.stop());
      // Idle threads may end in their own time; those at work may have children to end with them.
      if (this.#done < this.#total) await Promise.all(stopped);
    }
    return this.#result();
  }

  get #total(): number {
    return this.#planned + this.#followUps.length;
  }

  get #planned(): number {
    return (this.#scenarios?.length ?? 0) * this.#order.seeds.length;
  }

  #result(): Played<Result> {
    // Where it was stopped, a run that was faster than one before it counts too.
    const rest = [...this.#early].toSorted(([a], [b]) => a - b).map(([, played]) => played);
    for (const played of rest) this.#tell(played);
    const notRun = this.#total - this.#runs.length;
    const verdicts = this.#runs.map((run) => run.verdict);
    const verdict = worst(notRun > 0 || this.#scenarios === undefined ? [...verdicts, "inconclusive"] : verdicts);
    return {
      version: this.#version,
      node: globalThis.process.version,
      verdict,
      faults: this.#faults,
      runs: this.#runs,
      notRun,
    };
  }

  #start(): void {
    const { script, settings, limits } = this.#order;
    const thread = new Thread<Result>({ script, settings }, limits, {
      onMessage: (message) => this.#hear(member, message),
      onEnd: (end) => void this.#lose(member, end).catch((error: unknown) => this.#settle?.reject(error)),
    });
    const member: Member<Result> = { thread, runs: [], isLoaded: false, file: undefined };
    this.#members.add(member);
  }

  #hear(member: Member<Result>, message: FromThread<Result>): void {
    switch (message.kind) {
      case "loading":
        member.file = message.file;
        return;
      case "loaded":
        return this.#admit(member, message);
      case "refused":
        return this.#refuse(member, new TroupeError(message.code, message.faults));
      case "output":
        // What loading prints is said once, whatever the number of threads.
        if (member.isLoaded || this.#scenarios === undefined) this.#order.onOutput(message.text);
        return;
      case "played":
        member.runs.shift();
        for (const exported of message.exports) this.#order.onExport(exported);
        this.#take(message.index, message);
        if (member.runs.length === 0) this.#employ(member);
        this.#enlarge();
    }
  }

  #admit(member: Member<Result>, { version, scenarios }: Extract<FromThread<Result>, { kind: "loaded" }>): void {
    member.isLoaded = true;
    if (this.#scenarios === undefined) {
      this.#scenarios = scenarios;
      this.#order.onLoaded(scenarios);
      this.#version = version;
      this.#loadedMs = native.performanceNow();
      if (this.#order.isEager) this.#startEagerly();
    }
    const differs = scenarios.find(
      ({ path, scenario }, index) =>
        path !== this.#scenarios?.[index]?.path || scenario !== this.#scenarios[index]?.scenario,
    );
    if (differs !== undefined || scenarios.length !== this.#scenarios.length)
      return this.#settle?.reject(
        new TroupeError("SCENARIO_LOAD", {
          where: differs?.file ?? this.#order.where,
          what: "it holds other scenarios when it is loaded again",
          mend: "Let a file define the same scenarios, in the same order, whenever it loads.",
        }),
      );
    this.#employ(member);
  }

  /** Gives a thread more to do: much where much is left, and little at the end, so that all end together. */
  #employ(member: Member<Result>): void {
    const left = this.#total - this.#next;
    const size = Math.max(1, Math.min(CHUNK_MAX, Math.floor(left / (2 * this.#order.jobs))));
    while (member.runs.length < size) {
      const run = this.#returned.shift() ?? this.#orderOf(this.#next);
      if (run === undefined) break;
      if (run.index === this.#next) this.#next++;
      member.runs.push(run);
    }
    if (member.runs.length > 0) member.thread.tell({ kind: "play", runs: [...member.runs] });
  }

  #startEagerly(): void {
    while (this.#members.size < Math.min(this.#order.jobs, this.#total)) this.#start();
  }

  #orderOf(index: number): RunOrder | undefined {
    const { seeds } = this.#order;
    if (index >= this.#planned) return this.#followUps[index - this.#planned];
    const seed = seeds[index % seeds.length];
    return seed === undefined ? undefined : { index, scenario: Math.floor(index / seeds.length), seed };
  }

  /**
   * Starts another thread where that is worth it: a thread loads as long as the first one did (0.2 s, most of it SDKs,
   * against 2 ms for a simulated run), so at the pace so far the runs that are left must take twice as long as that.
   */
  #enlarge(): void {
    const { jobs, isEager } = this.#order;
    if (isEager || this.#isReduced || this.#scenarios === undefined) return;
    if (this.#members.size >= jobs || this.#next >= this.#total) return;
    if ([...this.#members].some(({ isLoaded }) => !isLoaded)) return;
    const loadMs = this.#loadedMs - this.#startedMs;
    const elapsedMs = native.performanceNow() - this.#loadedMs;
    // The first runs are slow, until V8 has compiled what they use.
    if (elapsedMs < loadMs / 2) return;
    const leftMs = (elapsedMs / Math.max(1, this.#done)) * (this.#total - this.#done);
    if (leftMs > 2 * loadMs) this.#start();
  }

  #take(index: number, played: Told<Result>): void {
    const { result } = played;
    this.#done++;
    if (result.verdict === "failed" || result.verdict === "inconclusive") this.#unmet++;
    this.#early.set(index, played);
    for (let next = this.#early.get(this.#runs.length); next !== undefined; next = this.#early.get(this.#runs.length)) {
      this.#early.delete(this.#runs.length);
      this.#tell(next);
    }
    const { scenario, seed } = result;
    this.#order.onProgress({ done: this.#done, total: this.#total, unmet: this.#unmet, scenario, seed });
    if (this.#done === this.#total) this.#settle?.resolve();
  }

  #tell(told: Told<Result>): void {
    const index = this.#runs.length;
    this.#runs.push(told.result);
    this.#faults.push(...told.faults);
    this.#order.onRun(told.result);
    this.#follow(index, this.#order.followUps?.(told) ?? []);
  }

  #follow(index: number, followUps: readonly Breaks[]): void {
    const order = this.#orderOf(index);
    if (order === undefined || followUps.length === 0) return;
    for (const breaks of followUps) this.#followUps.push({ ...order, index: this.#total, breaks });
    for (const member of this.#members) if (member.isLoaded && member.runs.length === 0) this.#employ(member);
    if (this.#order.isEager) this.#startEagerly();
  }

  #refuse(member: Member<Result>, refusal: TroupeError): void {
    if (member.isLoaded) this.#settle?.reject(refusal);
    else this.#reduce(member, refusal);
  }

  /** A thread did not load. Those that have go on without it, and do what it would have done; else nothing can run. */
  #reduce(member: Member<Result>, error: unknown): void {
    const others = [...this.#members].filter((other) => other !== member);
    if (this.#scenarios === undefined || others.length === 0 || !isTroupeError(error))
      return this.#settle?.reject(error);
    this.#members.delete(member);
    void member.thread.stop();
    this.#isReduced = true;
    this.#order.onOutput(`troupe: one more thread did not load, and the suite goes on without it: ${error.message}\n`);
    for (const other of others) if (other.isLoaded && other.runs.length === 0) this.#employ(other);
  }

  /** A thread has ended by itself: the run that it played has failed, and another thread goes on with the rest. */
  async #lose(member: Member<Result>, end: ThreadEnd): Promise<void> {
    if (!member.isLoaded) return this.#reduce(member, loadError(end, member.file ?? this.#order.where));
    const [run, ...rest] = member.runs;
    if (run === undefined) return void this.#members.delete(member);
    const why = lossSentence(end);
    const named = this.#scenarios?.[run.scenario];
    if (named === undefined) throw new Error(`BUG: no scenario ${run.scenario}`);
    this.#returned.push(...rest);
    const result = await this.#order.lost(named, run.seed, why);
    // Only now: until another takes its place, the suite is not without threads.
    this.#members.delete(member);
    this.#take(run.index, { result, faults: [] });
    if (this.#done < this.#total && (this.#returned.length > 0 || this.#next < this.#total)) this.#start();
  }
}
