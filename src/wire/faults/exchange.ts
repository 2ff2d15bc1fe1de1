import { HangUpError, type HttpReply, type HttpRequest, isEventStream, responseOf } from "../http-exchange.ts";
import { MESSAGE_BYTES_MAX } from "../loopback.ts";
import type { McpEnds } from "../mcp-ledger.ts";
import type { RequestOver } from "../node-fetch.ts";
import { type Fate, type HttpAnswer, fateOf } from "./fate.ts";
import type { Carriage } from "./lane.ts";
import { readAfterFault } from "./text.ts";
import { type FaultSubject, McpSubjects } from "./subject.ts";
import type { ChosenFaults, WireFaults } from "./wire-faults.ts";

/** One request over HTTP, and what carries it. */
export interface Exchange {
  readonly subject: FaultSubject;
  /** The request's body. */
  readonly text: string;
  readonly signal: AbortSignal | undefined;
  /** Sends the request with that body. */
  readonly send: (text: string) => Promise<Response>;
  /** Hears the reply as it arrives: its body and its status. */
  readonly heard?: (text: string, status: number) => void;
}

/**
 * Has one request over HTTP, and its reply, come to their fates.
 *
 * @throws TypeError as `fetch` does: where the connection ends, and where no answer comes until the run's limit.
 */
export function faultyExchange(faults: WireFaults, exchange: Exchange): Promise<Response> {
  return new FaultyExchange(faults, exchange).answer;
}

/**
 * The same at the end that answers: what ends the connection of who asks ends this one.
 *
 * @throws HangUpError
 */
export async function faultyReply(
  faults: WireFaults,
  {
    subject,
    request: { text, signal },
    answer,
  }: {
    readonly subject: FaultSubject;
    readonly request: HttpRequest;
    /** Answers the request with that body. */
    readonly answer: (text: string) => Promise<HttpReply>;
  },
): Promise<HttpReply> {
  const send = (left: string): Promise<Response> => {
    if (Buffer.byteLength(left) > MESSAGE_BYTES_MAX) return Promise.resolve(new Response(null, { status: 413 }));
    // As HTTP says it where an endpoint throws.
    return answer(left).then(responseOf, () => new Response(null, { status: 500 }));
  };
  try {
    return await faultyExchange(faults, { subject, text, signal, send });
  } catch (error) {
    throw new HangUpError("a fault ended the connection", { cause: error });
  }
}

/** Requests of a client of MCP over HTTP, with a run's faults between it and the wire. */
export function faultyRequests(
  request: RequestOver,
  faults: WireFaults | undefined,
  { client, server }: Pick<McpEnds, "client" | "server">,
): RequestOver {
  if (faults === undefined) return request;
  const subjects = new McpSubjects({ from: client, to: server, transport: "http" });
  return (url, init = {}) => {
    const { body: text, signal } = init;
    const message = typeof text === "string" ? readAfterFault(text) : undefined;
    const subject = message === undefined || message instanceof Error ? undefined : subjects.of(message);
    if (subject === undefined || typeof text !== "string") return request(url, init);
    const send = (left: string): Promise<Response> => request(url, { ...init, body: left });
    return faultyExchange(faults, { subject, text, signal: signal ?? undefined, send });
  };
}

/** The asking end of one request: what comes after its answer, or after it was given up, changes nothing. */
class FaultyExchange {
  readonly answer: Promise<Response>;
  readonly #faults: WireFaults;
  readonly #exchange: Exchange;
  readonly #chosen: ChosenFaults;
  readonly #timers = new Set<() => void>();
  readonly #begunUnixNano: bigint;
  #resolve: (response: Response) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #isOver = false;

  constructor(faults: WireFaults, exchange: Exchange) {
    this.#faults = faults;
    this.#exchange = exchange;
    this.#begunUnixNano = faults.nowUnixNano();
    this.#chosen = faults.choose(exchange.subject);
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#obey(exchange.signal);
    this.#ask();
  }

  #obey(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const abort = (): void => this.#fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const forget = (): void => signal.removeEventListener("abort", abort);
    this.answer.then(forget, forget);
  }

  #ask(): void {
    const { subject, text, send } = this.#exchange;
    let before: Promise<void> | undefined;
    this.#faults.lane(subject, "request").cross(fateOf(this.#chosen.request, text), this.#carriage(), (left) => {
      const isCopy = before !== undefined;
      if (this.#isOver && !isCopy) return;
      // One after the other: of two at once with one id the SDK's server of MCP answers one.
      const sent = isCopy
        ? before?.then(() => send(left)).then(drained)
        : send(left).then((reply) => this.#take(reply));
      before = sent?.catch((error: unknown) => this.#fail(error));
      if (isCopy && before !== undefined) this.#faults.keepInHand(before);
    });
  }

  async #take(reply: Response): Promise<void> {
    const said = await reply.text();
    if (this.#isOver) return;
    // A request has one reply here, which cannot come twice.
    const chosen = this.#chosen.reply.filter(({ fault }) => fault.fault !== "duplicate");
    const fate = fateOf(chosen, said, isEventStream(reply.headers.get("content-type")));
    const carriage = this.#carriage((isMidway) =>
      isMidway ? this.#end(answered(reply, brokenOff(said))) : this.#cut(),
    );
    this.#faults.lane(this.#exchange.subject, "reply").cross(fate, carriage, (left) => {
      const body = this.#body(left, fate, reply.status);
      this.#end(answered(reply, reply.body === null ? null : body));
    });
  }

  #carriage(cut: (isMidway: boolean) => void = () => this.#cut()): Carriage {
    return {
      deliver: ({ delayMs }, arrive) => (delayMs === 0 ? arrive() : void this.#after(delayMs, arrive)),
      cut,
      refuse: ({ status, body }: HttpAnswer) => {
        this.#exchange.heard?.(body, status);
        this.#end(new Response(body, { status, headers: { "content-type": "text/plain" } }));
      },
      lose: () => this.#giveUpLater(),
      after: (delayMs, fire) => this.#after(delayMs, fire),
    };
  }

  #body(text: string, { pieces }: Fate, status: number): string | ReadableStream<Uint8Array> {
    const hear = (): void => this.#exchange.heard?.(text, status);
    if (pieces === undefined) {
      hear();
      return text;
    }
    const bytes = new TextEncoder().encode(text);
    const length = Math.ceil(bytes.length / pieces.count);
    let [start, cancel] = [0, (): void => {}];
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        const next = (): void => {
          controller.enqueue(bytes.slice(start, (start += length)));
          if (start >= bytes.length) {
            controller.close();
            hear();
          } else cancel = this.#faults.after(pieces.everyMs, next);
        };
        next();
      },
      cancel: () => cancel(),
    });
  }

  #cut(): void {
    this.#fail(new TypeError("fetch failed", { cause: new Error("the connection was cut") }));
  }

  #giveUpLater(): void {
    const { limitMs } = this.#faults;
    const passedMs = Number(this.#faults.nowUnixNano() - this.#begunUnixNano) / 1e6;
    const words = `no answer came within ${limitMs / 1000} s (limits.requestMs)`;
    this.#after(Math.max(0, limitMs - passedMs), () =>
      this.#fail(new TypeError("fetch failed", { cause: new Error(words) })),
    );
  }

  #after(delayMs: number, fire: () => void): () => void {
    const cancel = this.#faults.after(delayMs, fire);
    this.#timers.add(cancel);
    return cancel;
  }

  #end(response: Response): void {
    this.#settle();
    this.#resolve(response);
  }

  #fail(reason: unknown): void {
    this.#settle();
    this.#reject(reason);
  }

  #settle(): void {
    this.#isOver = true;
    for (const cancel of this.#timers) cancel();
  }
}

/** Nobody reads the answer to a copy. */
async function drained(reply: Response): Promise<void> {
  await reply.text();
}

function answered(
  { status, statusText, headers }: Response,
  body: string | ReadableStream<Uint8Array> | null,
): Response {
  const left = new Headers(headers);
  left.delete("content-length");
  return new Response(body, { status, statusText, headers: left });
}

/** The first half of a body, and then nothing but the end of its connection. */
function brokenOff(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let hasBegun = false;
  return new ReadableStream<Uint8Array>({
    pull(controller): void {
      if (hasBegun) controller.error(new TypeError("terminated", { cause: new Error("other side closed") }));
      else controller.enqueue(bytes.slice(0, Math.ceil(bytes.length / 2)));
      hasBegun = true;
    },
  });
}
