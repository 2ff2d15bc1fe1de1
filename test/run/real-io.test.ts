import { generateKeyPair, pbkdf2, scrypt } from "node:crypto";
import { readFile as readFileThen } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gunzip, gzip } from "node:zlib";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { agent } from "../../src/scenario/agent.ts";
import { inAgent, runOf, sleep, ticksDuring, timed } from "./agents.ts";

prepareThread();

const HERE = fileURLToPath(import.meta.url);
const NOTE = "agent solo did real I/O; virtual time stood still meanwhile, but what it read may differ elsewhere";
const large = new Uint8Array(500_000);

const WORK: readonly (readonly [string, () => Promise<unknown>])[] = [
  ["fs.promises.readFile", () => readFile(HERE, "utf8").then(({ length }) => length)],
  ["fs.readFile with a callback", () => promisify(readFileThen)(HERE).then(({ length }) => length)],
  [
    "crypto.subtle.digest",
    () => crypto.subtle.digest("SHA-256", large).then((hash) => Buffer.from(hash).toString("hex")),
  ],
  ["zlib.gzip with a callback", () => promisify(gzip)(large).then(({ length }) => length)],
  ["zlib there and back", async () => (await promisify(gunzip)(await promisify(gzip)("words"))).toString()],
  ["brotli", () => promisify(brotliCompress)("words").then(({ length }) => length)],
  ["pbkdf2", () => promisify(pbkdf2)("a", "b", 20_000, 8, "sha256").then((key) => key.toString("hex"))],
  ["scrypt", () => promisify(scrypt)("a", "b", 8).then(String)],
  [
    "generateKeyPair, whose promise gives both keys",
    () =>
      promisify(generateKeyPair)("ed25519").then(({ publicKey, privateKey }) => `${publicKey.type}/${privateKey.type}`),
  ],
];

test.for(WORK)("%s comes back at unchanged virtual time, and the run notes whose it was", async ([, work]) => {
  const { value, run } = await inAgent(() => ticksDuring(() => timed(work)));
  expect({ ticks: value.ticks, nano: value.value.nano }).toEqual({ ticks: 0, nano: 0 });
  expect(run.notes).toEqual([NOTE]);
});

test.for(WORK)("%s is the same run again and again", async ([, work]) => {
  const bytes = async (): Promise<string> => {
    const solo = agent("solo", async () => {
      const beats = ticksDuring(() => work());
      await sleep(3);
      return `${String((await beats).value)} at ${process.hrtime.bigint()}`;
    });
    const run = await runOf({ agents: [solo] });
    return JSON.stringify(run.messages) + writeOtlpJson(run.spans);
  };
  const first = await bytes();
  expect(await bytes()).toBe(first);
  expect(await bytes()).toBe(first);
});

test("a thread that stays holds virtual time for a moment only, and yet its answer is waited for", async () => {
  const late = 'setTimeout(() => require("node:worker_threads").parentPort.postMessage("late"), 700)';
  const { value } = await inAgent(async () => {
    const worker = new Worker(late, { eval: true });
    const message = once(worker, "message");
    const { nano } = await timed(() => sleep(5));
    const [word] = (await message) as [string];
    await worker.terminate();
    return [nano / 1e6, word];
  });
  expect(value).toEqual([5, "late"]);
});

test("the I/O of one agent is not laid at another's door", async () => {
  const reader = agent("reader", () => readFile(HERE, "utf8").then(() => "done"));
  const { run } = await inAgent(
    async (turn) => {
      await turn.ask(reader, "?");
      await sleep(10);
    },
    { agents: [reader] },
  );
  expect(run.notes).toEqual([NOTE.replace("solo", "reader")]);
});

test("I/O under way outside the run does not hide what its agents do", async () => {
  const outside = Promise.all(Array.from({ length: 20 }, () => readFile(HERE)));
  const { value } = await inAgent(async () => {
    await sleep(5);
    return ticksDuring(async () => {
      for (let round = 0; round < 20; round++) await readFile(HERE);
    });
  });
  expect(value.ticks).toBe(0);
  await outside;
});

test("I/O under way outside the run is not laid at its agents' door", async () => {
  const outside = Promise.all(Array.from({ length: 20 }, () => readFile(HERE)));
  const { run } = await inAgent(() => sleep(50));
  expect(run.notes).toEqual([]);
  await outside;
});

test("real I/O that does not come back is given up after limits.realIoMs, by name", async () => {
  const solo = agent("solo", async () => {
    await promisify(pbkdf2)("a", "b", 300_000, 64, "sha512");
    return "done";
  });
  const run = await runOf({ agents: [solo], limits: { realIoMs: 1 } });
  expect(run.failures).toEqual(["agent solo waited for real I/O for more than 0.001 s (limits.realIoMs)"]);
});
