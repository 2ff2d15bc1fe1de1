import type { Json } from "../../core/json.ts";
import type { HttpReply } from "../../wire/http-exchange.ts";
import { type StreamEvent, writeEvent } from "./dialect.ts";

type HeaderFields = Readonly<Record<string, string>>;

/** How long a reply takes, and where its connection breaks. */
export interface Pace {
  readonly pause: (nano: number, signal: AbortSignal) => Promise<void>;
  /** Until its first piece. */
  readonly firstNano: number;
  readonly totalNano: number;
  /** After how many pieces of a stream; `undefined` where it does not. */
  readonly breakAfter: number | undefined;
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
}

const JSON_TYPE = "application/json";

export function json(body: Json, headers: HeaderFields = {}, status = 200): HttpReply {
  return { status, headers: new Headers({ "content-type": JSON_TYPE, ...headers }), body: JSON.stringify(body) };
}

/** A reply of which the head arrives and no body. */
export function broken(headers: HeaderFields): HttpReply {
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new BrokenError()) });
  return { status: 200, headers: new Headers({ "content-type": JSON_TYPE, ...headers }), body };
}

/** What the mock was told to do. */
class BrokenError extends Error {
  override readonly name = "BrokenError";
  override readonly message = "the connection broke";
}

/** No reply, for as long as anybody waits. */
export async function silence(signal: AbortSignal): Promise<HttpReply> {
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  return { status: 499, headers: new Headers(), body: null };
}

/** How many events may wait for somebody to read them. */
const UNREAD_MAX = 16;

/** Events one after the other, the pieces among them evenly over the reply's time. It ends when nobody reads any more. */
export function eventStream(events: readonly StreamEvent[], headers: HeaderFields, pace: Pace): HttpReply {
  const gone = new AbortController();
  let wake = (): void => {};
  const leave = (): void => {
    pace.signal.removeEventListener("abort", leave);
    gone.abort();
    wake();
  };
  pace.signal.addEventListener("abort", leave, { once: true });
  const body = new ReadableStream<Uint8Array>(
    {
      // Not in `pull`, which runs in the context of whoever reads.
      start(controller) {
        const room = async (count: number): Promise<void> => {
          while ((controller.desiredSize ?? 0) < count && !gone.signal.aborted)
            await new Promise<void>((resolve) => (wake = resolve));
        };
        void pump(events, { controller, room, gone: gone.signal }, pace).finally(leave);
      },
      pull: () => wake(),
      cancel: leave,
    },
    { highWaterMark: UNREAD_MAX },
  );
  const type = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };
  return { status: 200, headers: new Headers({ ...type, ...headers }), body };
}

interface Reading {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** Resolves when there is room for so many unread events, or nobody reads any more. */
  readonly room: (count: number) => Promise<void>;
  readonly gone: AbortSignal;
}

async function pump(
  events: readonly StreamEvent[],
  { controller, room, gone }: Reading,
  { pause, firstNano, totalNano, breakAfter }: Pace,
): Promise<void> {
  const encoder = new TextEncoder();
  const pieces = events.flatMap(({ isPiece }, index) => (isPiece === true ? [index] : []));
  const breakAt = breakAfter === undefined ? undefined : (pieces[breakAfter] ?? events.length - 1);
  const pieceNano = Math.floor((totalNano - firstNano) / Math.max(1, pieces.length));
  await pause(firstNano, gone);
  for (const [index, event] of events.entries()) {
    if (event.isPiece === true) await pause(pieceNano, gone);
    // What was written before a connection breaks has always arrived: an error throws away what is unread.
    await room(index === breakAt ? UNREAD_MAX : 1);
    if (gone.aborted) return;
    if (index === breakAt) return controller.error(new BrokenError());
    controller.enqueue(encoder.encode(writeEvent(event)));
  }
  controller.close();
}
