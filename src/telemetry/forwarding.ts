import { CONTENT_TYPES, type OtlpEncoding, readTaken } from "../format/otlp-exchange.ts";
import { after } from "../wire/system-clock.ts";

/** Where exports are sent on to. */
export interface OtlpTarget {
  /** The whole address, with `/v1/traces`. */
  readonly url: string;
  /** May hold keys: no value of it is ever printed. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An export request as it is to be sent. */
interface Payload {
  readonly encoding: OtlpEncoding;
  readonly bytes: Uint8Array;
  readonly spans: number;
}

interface ForwardingLimits {
  /** The most bytes that wait to be sent; what comes then is not sent. */
  readonly bytesMax: number;
  readonly requestsAtOnceMax: number;
  readonly attemptsMax: number;
  /** How long the target may take to answer. */
  readonly answerMs: number;
  /** The longest wait before another attempt, whatever the target asks for. */
  readonly pauseMsMax: number;
  /** How long the end may wait for what is not sent yet. */
  readonly finishMs: number;
}

const LIMITS: ForwardingLimits = {
  bytesMax: 64 * 1024 * 1024,
  requestsAtOnceMax: 4,
  attemptsMax: 5,
  answerMs: 10_000,
  pauseMsMax: 5_000,
  finishMs: 30_000,
};

/** Sends exports on, in the background. */
export interface Forwarding {
  send(payload: Payload): void;
  /** Resolves once all is sent or given up, with what was not taken and why, a sentence each. */
  finish(): Promise<readonly string[]>;
}

const RETRYABLE: readonly number[] = [429, 502, 503, 504];
const FIRST_PAUSE_MS = 500;

/** Sends exports on to another OTLP endpoint, over HTTP. What does not arrive is told at the end, and stops nothing. */
export function forwardingTo(target: OtlpTarget, given: Partial<ForwardingLimits> = {}): Forwarding {
  const limits = { ...LIMITS, ...given };
  const queue: Payload[] = [];
  const atWork = new Set<Promise<void>>();
  const unsent = new Map<string, number>();
  const end = new AbortController();
  let bytesWaiting = 0;

  const next = (): void => {
    while (atWork.size < limits.requestsAtOnceMax) {
      const payload = queue.shift();
      if (payload === undefined) return;
      const work = deliver(payload).finally(() => {
        bytesWaiting -= payload.bytes.length;
        atWork.delete(work);
        next();
      });
      atWork.add(work);
    }
  };
  const giveUp = (spans: number, why: string): void => void unsent.set(why, (unsent.get(why) ?? 0) + spans);
  const deliver = async (payload: Payload): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptAt(target, payload, limits.answerMs, end.signal);
      if (outcome.rejectedSpans > 0) giveUp(outcome.rejectedSpans, outcome.why);
      if (!outcome.mayRetry) return;
      if (attempt >= limits.attemptsMax || end.signal.aborted)
        return giveUp(payload.spans, `${outcome.why}${attempt > 1 ? ` (${attempt} attempts)` : ""}`);
      // Chance keeps programs that were refused together from coming back together.
      const pauseMs = outcome.pauseMs ?? FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
      await paused(Math.min(pauseMs, limits.pauseMsMax), end.signal);
    }
  };
  return {
    send(payload) {
      if (bytesWaiting + payload.bytes.length > limits.bytesMax)
        return giveUp(payload.spans, `more than ${limits.bytesMax} bytes waited to be sent`);
      bytesWaiting += payload.bytes.length;
      queue.push(payload);
      next();
    },
    async finish() {
      const cancel = after(limits.finishMs, () => end.abort());
      while (atWork.size > 0) await Promise.all(atWork);
      cancel();
      return [...unsent].map(
        ([why, spans]) => `${spans} span${spans === 1 ? "" : "s"} not sent to ${placeOf(target)}: ${why}`,
      );
    },
  };
}

interface Outcome {
  /** How many spans are lost for good. */
  readonly rejectedSpans: number;
  readonly why: string;
  readonly mayRetry: boolean;
  /** How long the target asks to wait. */
  readonly pauseMs?: number;
}

async function attemptAt(target: OtlpTarget, payload: Payload, answerMs: number, end: AbortSignal): Promise<Outcome> {
  const { bytes, encoding, spans } = payload;
  const late = new AbortController();
  const cancel = after(answerMs, () => late.abort());
  try {
    const response = await fetch(target.url, {
      method: "POST",
      body: Uint8Array.from(bytes),
      headers: { ...target.headers, "content-type": CONTENT_TYPES[encoding] },
      // Followed elsewhere, the headers would go there too.
      redirect: "manual",
      signal: AbortSignal.any([late.signal, end]),
    });
    const body = new Uint8Array(await response.arrayBuffer());
    if (response.ok) {
      const { rejectedSpans, message } = readTaken(body, encoding);
      return { rejectedSpans, why: hidden(message, target), mayRetry: false };
    }
    const why = `it answered ${response.status}${hidden(wordsOf(body, encoding), target)}`;
    if (!RETRYABLE.includes(response.status)) return { rejectedSpans: spans, why, mayRetry: false };
    const afterS = Number(response.headers.get("retry-after") ?? Number.NaN);
    return { rejectedSpans: 0, why, mayRetry: true, ...(afterS >= 0 && { pauseMs: afterS * 1000 }) };
  } catch (error) {
    const why = late.signal.aborted ? `no answer within ${answerMs / 1000} s` : hidden(causeOf(error), target);
    return { rejectedSpans: 0, why: end.aborted ? "the time for the rest was over" : why, mayRetry: true };
  } finally {
    cancel();
  }
}

function paused(delayMs: number, end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      resolve();
    };
    const cancel = after(delayMs, done);
    end.addEventListener("abort", done, { once: true });
    if (end.aborted) done();
  });
}

const SHOWN = 200;

/** The first words of an answer, where it has any. */
function wordsOf(body: Uint8Array, encoding: OtlpEncoding): string {
  if (encoding === "protobuf") return "";
  const words = Buffer.from(body).toString("utf8").replaceAll(/\s+/g, " ").trim().slice(0, SHOWN);
  return words === "" ? "" : `: ${words}`;
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}

/** Words of the other side, which may repeat a key. */
function hidden(words: string, { headers }: OtlpTarget): string {
  const secrets = Object.values(headers).flatMap((value) => [value, ...value.split(" ")]);
  return secrets.filter((secret) => secret.length > 3).reduce((text, secret) => text.replaceAll(secret, "***"), words);
}

/** An address without what may hold a key. */
function placeOf({ url }: OtlpTarget): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
