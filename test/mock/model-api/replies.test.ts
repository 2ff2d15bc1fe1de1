import { expect, test } from "vitest";
import { type Pace, eventStream, silence } from "../../../src/mock/model-api/replies.ts";
import type { HttpReply } from "../../../src/wire/http-exchange.ts";

const EVENTS = Array.from({ length: 100 }, (_, data) => ({ data, isPiece: true }));

interface Streamed {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly aborting: AbortController;
  /** Each pause that was begun, and whether it was told to end. */
  readonly pauses: { readonly nano: number; readonly signal: AbortSignal }[];
}

function readerOf({ body }: HttpReply): ReadableStreamDefaultReader<Uint8Array> {
  if (body === null || typeof body === "string") throw new Error("no stream");
  return body.getReader();
}

function streamed(more: Partial<Pace> = {}): Streamed {
  const aborting = new AbortController();
  const pauses: Streamed["pauses"] = [];
  const pause = (nano: number, signal: AbortSignal): Promise<void> => {
    pauses.push({ nano, signal });
    return Promise.resolve();
  };
  const pace = { pause, firstNano: 5, totalNano: 1005, breakAfter: undefined, signal: aborting.signal, ...more };
  return { reader: readerOf(eventStream(EVENTS, {}, pace)), aborting, pauses };
}

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("a reply's time is that until its first piece, and the same for each piece after", async () => {
  const { reader, pauses } = streamed();
  while (!(await reader.read()).done);
  expect(pauses.map(({ nano }) => nano)).toEqual([5, ...EVENTS.map(() => 10)]);
});

test.for(["cancel", "abort"] as const)("on %s no more is written, and the pause of the moment is told", async (how) => {
  const { reader, aborting, pauses } = streamed();
  await reader.read();
  if (how === "cancel") await reader.cancel();
  else aborting.abort();
  await settled();
  const begun = pauses.length;
  await settled();
  expect([pauses.length, pauses.at(-1)?.signal.aborted]).toEqual([begun, true]);
  expect(begun).toBeLessThan(30);
});

test("what nobody reads is not written", async () => {
  const { pauses } = streamed();
  await settled();
  expect(pauses.length).toBeLessThan(30);
});

test.for([0, 1, 50, 99, 1000])(
  "a connection that breaks after %i pieces has brought all of them",
  async (breakAfter) => {
    const { reader } = streamed({ breakAfter });
    const read: string[] = [];
    const reading = (async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read())
        read.push(new TextDecoder().decode(next.value));
    })();
    await expect(reading).rejects.toThrow("the connection broke");
    expect(read).toHaveLength(Math.min(breakAfter, EVENTS.length - 1));
  },
);

test("silence lasts until nobody waits any more", async () => {
  const aborting = new AbortController();
  let isOver = false;
  const silent = silence(aborting.signal).then(() => (isOver = true));
  await settled();
  expect(isOver).toBe(false);
  aborting.abort();
  await silent;
});
