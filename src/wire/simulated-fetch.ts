import { isStream, wholeText } from "./body.ts";
import { faultyExchange } from "./faults/exchange.ts";
import { subjectOf } from "./faults/subject.ts";
import { readRequest, replyEntry, requestEntry, requestWith, signalOf } from "./http-exchange.ts";
import type { HttpEndpoint, HttpProtocol, ReadRequest } from "./http-exchange.ts";
import type { Written } from "./ledger.ts";
import type { Wire } from "./simulated.ts";

/** Who asks: the service that the ledger names, and the actor whose code runs at the moment. */
export interface FetchCaller {
  readonly service: string;
  readonly current: () => string;
  /** The agent whose code runs, where its request does not say for whom it is made. */
  readonly agent?: () => string | undefined;
}

/** Who answers, in which protocol. */
export interface FetchCallee extends HttpProtocol {
  readonly service: string;
  readonly actor: string;
}

/**
 * HTTP without a socket. A request crosses as text and headers and is answered as the callee; the head of the answer and
 * each chunk of its body cross back, to the actor that asked. Each direction is a lane of its own, ordered like a pipe.
 */
export function simulatedFetch(
  wire: Wire,
  caller: FetchCaller,
  callee: FetchCallee,
  endpoint: HttpEndpoint,
): typeof fetch {
  return async (input, init) => {
    const actor = caller.current();
    const signal = signalOf(input, init);
    const request = await readRequest(input, init);
    signal?.throwIfAborted();
    const { entry, arriving } = departure(wire, { caller, callee, request });
    const [there, back] = [`${actor}>${callee.actor}`, `${callee.actor}>${actor}`];
    const cross = (left: string, isHeard: boolean): Promise<Response> =>
      new Promise((resolve, reject) => {
        const host = new Host(endpoint, (arrive) => wire.network.deliver(back, actor, arrive));
        const answer = new Answer(resolve, reject, () =>
          wire.network.deliver(there, callee.actor, () => host.hangUp()),
        );
        if (signal !== undefined) answer.obey(signal);
        wire.network.deliver(there, callee.actor, () => {
          const text = left === request.text ? arriving.request.text : left;
          const received = arriving.entry === undefined ? undefined : { ...arriving.entry, text };
          if (received !== undefined) wire.ledger.received(received);
          void host.serve({ ...arriving.request, text }, answer, new ReplyLedger(wire, received, isHeard));
        });
      });
    if (wire.faults === undefined || entry === undefined || entry.protocol === "model")
      return await cross(request.text, true);
    return await faultyExchange(wire.faults, {
      subject: subjectOf(entry),
      text: request.text,
      signal,
      send: (left) => cross(left, false),
      heard: (left, status) => {
        if (entry.role === "request") wire.ledger.received(replyEntry(entry, left, status));
      },
    });
  };
}

/** A request as it leaves, which the ledger then knows, and as it arrives: with the carrier that it has by then. */
function departure(
  wire: Wire,
  {
    caller,
    callee,
    request,
  }: { readonly caller: FetchCaller; readonly callee: FetchCallee; readonly request: ReadRequest },
): Departure {
  const named = callee.name(request);
  if (named === undefined) return { entry: undefined, arriving: { entry: undefined, request } };
  const agent = named.agent ?? caller.agent?.();
  const name = { ...named, ...(agent === undefined ? {} : { agent }) };
  const hop = { from: caller.service, to: callee.service, number: String(wire.ledger.entries.length) };
  const entry = requestEntry(hop, "sim", request, () => name, callee.carrier);
  const carriers = wire.rewrite(entry.carrier, entry);
  wire.ledger.sent(requestWith(entry, request, carriers.sent, callee.carrier).entry);
  return { entry, arriving: requestWith(entry, request, carriers.arriving, callee.carrier) };
}

/** Without entries where a request is no message of its protocol. */
interface Departure {
  readonly entry: Written | undefined;
  readonly arriving: { readonly entry: Written | undefined; readonly request: ReadRequest };
}

/** Writes the reply at both ends, once the whole of it has left and has arrived; a notification has none. */
class ReplyLedger {
  readonly #wire: Wire;
  readonly #request: Written | undefined;
  readonly #isHeard: boolean;

  /** What a fault may change is heard by who puts it in. */
  constructor(wire: Wire, received: Written | undefined, isHeard: boolean) {
    this.#wire = wire;
    this.#request = received?.role === "request" ? received : undefined;
    this.#isHeard = isHeard;
  }

  sent(text: string, status: number): void {
    if (this.#request !== undefined) this.#wire.ledger.sent(replyEntry(this.#request, text, status));
  }

  received(text: string, status: number): void {
    if (this.#request !== undefined && this.#isHeard)
      this.#wire.ledger.received(replyEntry(this.#request, text, status));
  }
}

type Head = Required<Pick<ResponseInit, "status" | "statusText">> & { readonly headers: readonly [string, string][] };

/** The callee's end of one request: it reads the body that the endpoint writes, in the callee's context, to its end. */
class Host {
  readonly #endpoint: HttpEndpoint;
  readonly #send: (arrive: () => void) => void;
  readonly #hungUp = new AbortController();

  constructor(endpoint: HttpEndpoint, send: (arrive: () => void) => void) {
    this.#endpoint = endpoint;
    this.#send = send;
  }

  /** The caller is no longer there to be answered. */
  hangUp(): void {
    this.#hungUp.abort();
  }

  async serve(request: ReadRequest, answer: Answer, ledger: ReplyLedger): Promise<void> {
    const { signal } = this.#hungUp;
    try {
      const reply = await this.#endpoint({ ...request, signal });
      const { status, statusText = "" } = reply;
      const head: Head = { status, statusText, headers: [...reply.headers] };
      const said = isStream(reply) ? await this.#stream(head, reply.body, answer) : await wholeText(reply);
      if (signal.aborted) return;
      ledger.sent(said, status);
      this.#send(() => {
        ledger.received(said, status);
        if (answer.isOpen) answer.end();
        else answer.whole(said, head);
      });
    } catch (error) {
      const words = String(error);
      this.#send(() => answer.fail(new TypeError("fetch failed", { cause: new Error(words) })));
    }
  }

  async #stream(head: Head, body: ReadableStream<Uint8Array>, answer: Answer): Promise<string> {
    const { signal } = this.#hungUp;
    const reader = body.getReader();
    signal.addEventListener("abort", () => void reader.cancel(), { once: true });
    this.#send(() => answer.open(head));
    const decoder = new TextDecoder();
    let said = "";
    for (let read = await reader.read(); !read.done && !signal.aborted; read = await reader.read()) {
      // A copy, so that no object is shared.
      const bytes = read.value.slice();
      said += decoder.decode(bytes, { stream: true });
      this.#send(() => answer.chunk(bytes));
    }
    return said;
  }
}

/** The caller's end of one request. It is touched by what arrives, and by the caller's own signal. */
class Answer {
  readonly #resolve: (response: Response) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #hangUp: () => void;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOver = false;
  #forget: (() => void) | undefined;

  constructor(resolve: (response: Response) => void, reject: (reason: unknown) => void, hangUp: () => void) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#hangUp = hangUp;
  }

  /** Whether the head has arrived, and a body that is still to come. */
  get isOpen(): boolean {
    return this.#body !== undefined;
  }

  /** An abort is felt at once here; the other side hears of it when the news arrives. */
  obey(signal: AbortSignal): void {
    const abort = (): void => {
      if (this.#isOver) return;
      this.fail(signal.reason);
      this.#hangUp();
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#forget = (): void => signal.removeEventListener("abort", abort);
  }

  whole(text: string, { status, statusText, headers }: Head): void {
    if (!this.#finish()) return;
    const isEmpty = status === 204 || status === 205 || status === 304;
    this.#resolve(new Response(isEmpty ? null : text, { status, statusText, headers: [...headers] }));
  }

  open({ status, statusText, headers }: Head): void {
    if (this.#isOver) return;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#body = controller),
      cancel: () => {
        if (this.#finish()) this.#hangUp();
      },
    });
    this.#resolve(new Response(body, { status, statusText, headers: [...headers] }));
  }

  chunk(bytes: Uint8Array): void {
    if (!this.#isOver) this.#body?.enqueue(bytes);
  }

  end(): void {
    if (this.#finish()) this.#body?.close();
  }

  fail(reason: unknown): void {
    if (!this.#finish()) return;
    this.#body?.error(reason);
    this.#reject(reason);
  }

  #finish(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#forget?.();
    return true;
  }
}
