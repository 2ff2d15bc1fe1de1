import { EventEmitter, once } from "node:events";
import { PassThrough, Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { inAgent, ticksDuring, timed } from "./agents.ts";

/** Three chunks, each pulled when it is wanted. */
function chunks(): ReadableStream<Uint8Array> {
  const parts = ["one ", "two ", "three"].map((part) => new TextEncoder().encode(part));
  return new ReadableStream({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
  });
}

async function read(stream: ReadableStream<string | Uint8Array>): Promise<string> {
  let words = "";
  for await (const chunk of stream) words += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
  return words;
}

const ALL = "one two three";

test.for<readonly [string, () => Promise<unknown>, unknown]>([
  [
    "a chain of a thousand awaits",
    async () => {
      for (let round = 0; round < 1000; round++) await Promise.resolve();
      return ALL;
    },
    ALL,
  ],
  ["queueMicrotask", () => new Promise((resolve) => queueMicrotask(() => resolve(ALL))), ALL],
  ["process.nextTick", () => new Promise((resolve) => process.nextTick(resolve, ALL)), ALL],
  ["Response.text", () => new Response(ALL).text(), ALL],
  ["Response.json", () => new Response('{"a":1}').json(), { a: 1 }],
  ["Response over a stream", () => new Response(chunks()).text(), ALL],
  [
    "Response.formData",
    async () => {
      const form = new FormData();
      form.set("words", ALL);
      return (await new Response(form).formData()).get("words");
    },
    ALL,
  ],
  ["Request.text", () => new Request("http://localhost/", { method: "POST", body: ALL }).text(), ALL],
  ["a web stream", () => read(chunks()), ALL],
  ["TextDecoderStream", () => read(chunks().pipeThrough(new TextDecoderStream())), ALL],
  ["tee", async () => (await Promise.all(chunks().tee().map(read))).join("|"), `${ALL}|${ALL}`],
  ["TransformStream", () => read(chunks().pipeThrough(new TransformStream())), ALL],
  ["a node Readable", () => text(Readable.from(["one ", "two ", "three"])), ALL],
  [
    "a node pipeline",
    async () => {
      const out = new PassThrough();
      const upper = new Transform({ transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()) });
      const [words] = await Promise.all([text(out), pipeline(Readable.from(["one ", "two ", "three"]), upper, out)]);
      return words;
    },
    ALL.toUpperCase(),
  ],
  ["Readable.fromWeb", () => text(Readable.fromWeb(chunks() as never)), ALL],
  ["Blob.text", () => new Blob(["one ", "two ", "three"]).text(), ALL],
  [
    "a message of a MessageChannel",
    () =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port2.addEventListener("message", (event) => {
          port1.close();
          resolve("data" in event ? event.data : undefined);
        });
        port2.start();
        port1.postMessage(ALL);
      }),
    ALL,
  ],
  ["Blob.stream", () => read(new Blob([ALL]).stream()), ALL],
  [
    "once of an EventEmitter",
    async () => {
      const emitter = new EventEmitter();
      process.nextTick(() => emitter.emit("word", ALL));
      return (await once(emitter, "word"))[0] as unknown;
    },
    ALL,
  ],
])("%s settles inside one event, while virtual time stands still", async ([, work, expected]) => {
  const { value, run } = await inAgent(() => ticksDuring(() => timed(work)));
  expect(value).toEqual({ ticks: 0, value: { nano: 0, value: expected } });
  expect(run.notes).toEqual([]);
});
