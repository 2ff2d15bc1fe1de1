import { type Fault, TroupeError } from "../core/errors.ts";
import { type Mock, isA2aAgent, mcpServersOf, mockLabel } from "../scenario/a2a.ts";
import { describeMock, firstDifference } from "../scenario/mock-description.ts";
import type { Limits } from "../scenario/scenario.ts";
import { type Child, type ChildExit, startChild } from "../wire/child.ts";
import { ownProgram } from "../wire/own-program.ts";
import { after } from "../wire/system-clock.ts";
import { VERSION } from "../wire/version.ts";
import type { Begin, Ended, FromChild, Ready, Refused, ToChild, WireTransport } from "./control.ts";
import { outsideOfAll } from "./frame.ts";

/** What a child process is to host. */
export interface Casting {
  /** The file that defines the mock, or a scenario that lists it. */
  readonly file: string;
  /** The scenario whose mock it is: others of the file may have one of the same name. */
  readonly scenario: string;
  readonly mock: Mock;
  readonly transport: WireTransport;
}

/** Tells a child that it is not alone, but serves a runner which gives it its runs. */
export const UNDER_RUNNER = "TROUPE_UNDER_RUNNER";

/** A child that could not do its part, in a sentence. */
export class LostChildError extends Error {
  override readonly name = "LostChildError";
}

/**
 * Children that have ended a run well, and wait for another, those that have waited longest first: starting one costs a
 * hundred times what a run does.
 */
const idle: MockProcess[] = [];
/** A suite plays scenario by scenario, so that more would wait for nothing. */
const IDLE_MAX = 8;
/** How long one that is no longer wanted may take to leave. */
const LEAVE_MS = 2000;

/** A child process that hosts one mock, in one run after the other. */
export class MockProcess {
  readonly casting: Casting;
  readonly child: Child;
  #messages: FromChild[] = [];
  #hear: (() => void) | undefined;
  #ready: Ready | undefined;
  #isInRun = false;

  private constructor(casting: Casting) {
    this.casting = casting;
    this.child = outsideOfAll(() => startChild(requestOf(casting)));
    this.child.onMessage((message) => {
      // Both ends are of one version, which is checked before anything else is believed.
      this.#messages.push(message as FromChild);
      this.#hear?.();
    });
    this.child.onExit(() => this.#hear?.());
    // MCP is spoken elsewhere: what it prints would fill the pipe, and then block it.
    if (isA2aAgent(casting.mock) || casting.transport !== "stdio") this.child.stdout.resume();
  }

  /** Has one wait for whoever needs it next. Why it could not start they will hear when they start it themselves. */
  static async prepare(casting: Casting, limits: Limits): Promise<void> {
    if (placeOf(casting) !== -1) return;
    const started = new MockProcess(casting);
    try {
      await started.ready(limits);
      started.release();
    } catch {
      started.child.kill();
    }
  }

  /** One that waits, or a new one. */
  static async lease(casting: Casting, { startMs }: Limits): Promise<MockProcess> {
    for (;;) {
      const index = placeOf(casting);
      const [known] = index === -1 ? [] : idle.splice(index, 1);
      if (known === undefined) return new MockProcess(casting);
      if (await known.#isThere(startMs)) return known;
    }
  }

  /** What became of it while it waited is no part of a run; of its end this process may not have heard yet. */
  async #isThere(limitMs: number): Promise<boolean> {
    this.child.hold();
    this.#send({ kind: "hail" });
    try {
      await this.#await("ready", limitMs, "answer", "startMs");
      return true;
    } catch {
      this.child.kill();
      return false;
    }
  }

  /** Gives it back after a run that went well. */
  release(): void {
    this.child.letGo();
    idle.push(this);
    if (idle.length > IDLE_MAX) void idle.shift()?.child.end(LEAVE_MS);
  }

  get label(): string {
    return mockLabel(this.casting.mock);
  }

  /**
   * Where it listens; null over stdio.
   *
   * @throws TroupeError `SCENARIO_INVALID` when it loaded something else than this process, or is of another version.
   * @throws LostChildError when it did not start.
   */
  async ready({ startMs }: Limits): Promise<string | null> {
    if (this.#ready === undefined) {
      const ready = await this.#await("ready", startMs, "start", "startMs");
      const fault = differenceFault(this.casting, ready);
      if (fault !== undefined) throw new TroupeError("SCENARIO_INVALID", fault);
      this.#ready = ready;
    }
    return this.#ready.url;
  }

  /** Whether it has begun a run that it has not been asked to end. */
  get isInRun(): boolean {
    return this.#isInRun;
  }

  /** @throws LostChildError when it does not begin in time, or ends. */
  async begin(run: Omit<Begin, "kind">): Promise<void> {
    this.#send({ kind: "begin", ...run });
    await this.#await("begun", this.#patience(run.identity.limits.startMs), "begin the run", "startMs");
    this.#isInRun = true;
  }

  /** @throws LostChildError when it does not say so in time, or has ended. */
  async end({ flushMs }: Limits): Promise<Ended> {
    this.#isInRun = false;
    this.#send({ kind: "end" });
    return await this.#await("ended", this.#patience(flushMs), "hand in its spans", "flushMs");
  }

  /** One that has children of its own first waits as long for them, and then says which of them it was. */
  #patience(limitMs: number): number {
    const { mock, transport } = this.casting;
    const hasChildren = transport === "stdio" && isA2aAgent(mock) && mcpServersOf(mock.servers).length > 0;
    return hasChildren ? 2 * limitMs : limitMs;
  }

  #send(message: ToChild): void {
    this.child.send(message);
  }

  /** The next message, which has to be of that kind. */
  async #await<K extends FromChild["kind"]>(
    kind: K,
    limitMs: number,
    what: string,
    limit: keyof Limits,
  ): Promise<Extract<FromChild, { kind: K }>> {
    let isLate = false;
    const cancel = after(limitMs, () => {
      isLate = true;
      this.#hear?.();
    });
    try {
      for (;;) {
        const message = this.#messages.shift();
        if (message?.kind === "refused") throw refusal(message);
        if (message?.kind === kind) return message as Extract<FromChild, { kind: K }>;
        if (message !== undefined) continue;
        if (this.child.isOver) throw new LostChildError(exitSentence(this.label, await this.child.exited));
        if (isLate)
          throw new LostChildError(`${this.label} did not ${what} within ${limitMs / 1000} s (limits.${limit})`);
        await new Promise<void>((resolve) => (this.#hear = resolve));
      }
    } finally {
      cancel();
    }
  }
}

/** Where one waits that can host it; -1 for none. */
function placeOf({ file, mock, transport }: Casting): number {
  return idle.findLastIndex(
    ({ casting: known }) => known.mock === mock && known.transport === transport && known.file === file,
  );
}

function refusal({ faults, failures }: Refused): Error {
  return faults.length > 0 ? new TroupeError("SCENARIO_INVALID", faults) : new LostChildError(failures.join("\n"));
}

/** How a child ended, as a sentence with what it said last. */
export function exitSentence(label: string, exit: ChildExit): string {
  return `${label}: ${exitWords(exit)}`;
}

/** The same without a subject. */
export function exitWords({ code, signal, why, stderrTail }: ChildExit): string {
  const how = why ?? `its process ended with ${signal === null ? `exit code ${code}` : signal}`;
  const last = stderrTail.trim().split("\n").slice(-8).join("\n  ");
  return `${how}${last === "" ? "" : `; it said last:\n  ${last}`}`;
}

function differenceFault({ file, mock }: Casting, { version, description }: Ready): Fault | undefined {
  const where = `${file}#${mock.name}`;
  if (version !== VERSION) {
    const what = `its process runs Troupe ${version}, and this one ${VERSION}`;
    return { where, what, mend: "Install one version of troupe, and start runs with it." };
  }
  const path = firstDifference(describeMock(mock), description);
  if (path === undefined) return undefined;
  const what = `it loads differently in its own process: ${path === "" ? "all of it" : path} is not the same there`;
  return { where, what, mend: "Let the definition depend on nothing but its file: no environment, time or chance." };
}

function requestOf({ file, scenario, mock, transport }: Casting): Parameters<typeof startChild>[0] {
  const spoken = isA2aAgent(mock) ? "http" : transport;
  const serve = ["serve", `${file}#${mock.name}`, "--scenario", scenario, "--transport", spoken];
  return { ...ownProgram(serve, { [UNDER_RUNNER]: "1" }), label: mockLabel(mock) };
}
