import { Agent } from "node:http";
import { TroupeError } from "../../core/errors.ts";
import type { AgentMessage, CommandAgent } from "../../scenario/foreign-agent.ts";
import type { Limits } from "../../scenario/scenario.ts";
import { type Child, startChild } from "../../wire/child.ts";
import { LineSplitter, RUBBISH_SHOWN } from "../../wire/lines.ts";
import { isListening } from "../../wire/port.ts";
import { after } from "../../wire/system-clock.ts";
import type { Environment } from "../endpoints.ts";
import { outsideOfAll } from "../frame.ts";
import { exitWords } from "../mock-process.ts";
import type { Stage } from "../stage.ts";
import { askOverHttp } from "./http.ts";
import type { ForeignPort, Said } from "./port.ts";
import { wordsOfLine, wordsOfReply } from "./words.ts";

export interface CommandRequest {
  readonly stage: Stage;
  readonly agent: CommandAgent;
  readonly cwd: string;
  readonly env: Environment;
  /** What goes with it where nobody else can remove it. */
  readonly folder: string;
}

/** Starts a program that is spoken to over its stdin and stdout, a line a message. */
export function stdinPort(request: CommandRequest): ForeignPort {
  return new StdinPort(request, startAgent(request));
}

/**
 * Starts a program that listens on a port of 127.0.0.1, and waits until it does.
 *
 * @throws Error when it does not within `limits.startMs`, or ends.
 */
export async function listeningPort(request: CommandRequest, port: number): Promise<ForeignPort> {
  const { startMs } = request.stage.identity.limits;
  const child = startAgent(request);
  // What it prints is its own affair, and must not fill the pipe.
  child.stdout.resume();
  const given = new AbortController();
  const cancel = after(startMs, () => given.abort());
  const forget = child.onExit(() => given.abort());
  const isUp = await isListening(port, given.signal);
  cancel();
  forget();
  if (child.isOver) throw new Error(exitWords(await child.exited));
  if (isUp) return new ListeningPort(request, child, port);
  child.kill();
  await child.exited;
  throw new Error(`it did not listen on its port (PORT=${port}) within ${startMs / 1000} s (limits.startMs)`);
}

function startAgent({ agent, cwd, env, folder }: CommandRequest): Child {
  const [command = "", ...args] = agent.command;
  const label = `agent ${agent.name}`;
  return outsideOfAll(() => startChild({ command, args, env, label, cwd, isForeign: true, folder }));
}

/** Why spans may be under way of a program that had to be killed at the end. */
async function left(child: Child, { flushMs }: Limits, signal?: NodeJS.Signals): Promise<string | undefined> {
  const { why } = await child.end(flushMs, signal);
  const asked = signal === undefined ? "of the end of its stdin" : `of ${signal}`;
  if (why === undefined) return undefined;
  return `${child.label} did not end within ${flushMs / 1000} s ${asked} (limits.flushMs): what it had not exported is lost`;
}

/** A line may have as much. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;
/** More lines than these that nobody asked for are a flood. */
const UNASKED_MAX = 1000;

interface Waiting {
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

class StdinPort implements ForeignPort {
  readonly #request: CommandRequest;
  readonly #child: Child;
  readonly #lines: LineSplitter;
  #waiting: Waiting | undefined;
  /** One message after the other: a line does not say which one it answers. */
  #order: Promise<unknown> = Promise.resolve();
  #unasked = 0;
  /** Whether it was killed for what it did, which was told. */
  #isGivenUp = false;
  #isEnding = false;

  constructor(request: CommandRequest, child: Child) {
    this.#request = request;
    this.#child = child;
    this.#lines = new LineSplitter(() => {
      this.#giveUp(`it printed a line of more than ${LINE_BYTES_MAX} bytes`);
    }, LINE_BYTES_MAX);
    child.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    // Its exit says all there is to say.
    child.stdin.on("error", () => {});
    child.onExit((exit) => {
      const waiting = this.#settle();
      if (waiting !== undefined) waiting.reject(new Error(exitWords(exit)));
      // One that hung at its end is no failure; the run is then told what may be missing.
      else if (!this.#isGivenUp && exit.code !== 0 && !(this.#isEnding && exit.why !== undefined))
        this.#fail(exitWords(exit));
    });
  }

  speak({ from, method, message }: Said): Promise<string> {
    const { agent, stage } = this.#request;
    const line = agent.lines === "json" ? JSON.stringify(message) : lineOfText(agent, message);
    const lane = `${from.service.name}>${agent.name}`;
    const entry = {
      message: `${lane}#${stage.occurrence(`line/${lane}`)}`,
      from: from.service.name,
      to: agent.name,
      agent: agent.name,
      protocol: "line",
      transport: "stdio",
      method,
      role: "request",
      carrier: {},
    } as const;
    const answer = this.#order.then(async () => {
      stage.ledger.sent({ ...entry, text: line });
      const text = await this.#exchange(line);
      stage.ledger.received({
        ...entry,
        message: `re:${entry.message}`,
        from: entry.to,
        to: entry.from,
        role: "reply",
        text,
      });
      return agent.lines === "json" ? wordsOfLine(text) : text;
    });
    this.#order = answer.catch(() => {});
    return answer;
  }

  async #exchange(line: string): Promise<string> {
    if (this.#child.isOver) throw new Error(exitWords(await this.#child.exited));
    return await new Promise<string>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.stdin.write(`${line}\n`);
    });
  }

  #take(chunk: Buffer): void {
    this.#lines.append(chunk);
    for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) {
      if (line.trim() === "") continue;
      const waiting = this.#settle();
      if (waiting !== undefined) waiting.resolve(line.trimEnd());
      else this.#refuse(line.trim());
    }
  }

  #refuse(line: string): void {
    this.#unasked++;
    if (this.#unasked === 1) {
      const shown = JSON.stringify(line.slice(0, RUBBISH_SHOWN));
      this.#fail(`it printed a line that nobody had asked for: ${shown}; its log belongs on standard error`);
    }
    if (this.#unasked === UNASKED_MAX) this.#giveUp("it flooded standard output");
  }

  #giveUp(words: string): void {
    const waiting = this.#settle();
    if (waiting === undefined) this.#fail(words);
    else waiting.reject(new Error(words));
    this.#isGivenUp = true;
    this.#child.kill();
  }

  #settle(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #fail(words: string): void {
    const { stage, agent } = this.#request;
    stage.fail(`agent ${agent.name}: ${words}`);
  }

  async end(): Promise<string | undefined> {
    this.#isEnding = true;
    return await left(this.#child, this.#request.stage.identity.limits);
  }
}

/** @throws TroupeError for what a line of text has no place for. */
function lineOfText({ name }: CommandAgent, { text, payload }: AgentMessage): string {
  const what = payload !== null ? "a payload" : /[\r\n]/.test(text) ? "several lines" : undefined;
  if (what === undefined) return text;
  throw new TroupeError("SCENARIO_INVALID", {
    where: `agent ${name}`,
    what: `it is told a line of text, which has no place for ${what}`,
    mend: 'Let it read JSON, with `lines: "json"`, or listen, with `over: "http"`.',
  });
}

class ListeningPort implements ForeignPort {
  readonly #request: CommandRequest;
  readonly #child: Child;
  readonly #url: string;
  readonly #sockets = new Agent({ keepAlive: true });
  readonly #over = new AbortController();
  #isEnding = false;

  constructor(request: CommandRequest, child: Child, port: number) {
    this.#request = request;
    this.#child = child;
    this.#url = `http://127.0.0.1:${port}/`;
    child.onExit((exit) => {
      const { stage, agent } = request;
      if (!this.#isEnding) stage.fail(`agent ${agent.name}: ${exitWords(exit)}`);
    });
  }

  async speak({ message, ...said }: Said): Promise<string> {
    const { agent, stage } = this.#request;
    const at = { to: agent.name, url: this.#url, sockets: this.#sockets, signal: this.#over.signal };
    return wordsOfReply(await askOverHttp(stage, { ...said, ...at, body: message }));
  }

  async end(): Promise<string | undefined> {
    this.#isEnding = true;
    this.#over.abort();
    this.#sockets.destroy();
    return await left(this.#child, this.#request.stage.identity.limits, "SIGTERM");
  }
}
