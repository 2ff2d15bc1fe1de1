import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { inAgent, ticksDuring, timed } from "./agents.ts";

prepareThread();

/** A real server in a process of its own, which keeps connections open for longer than any run would wait. */
const SERVER = `
const server = require("node:http").createServer((request, response) => setTimeout(() => response.end("hello"), 20));
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;
let child: ChildProcess;
let url = "";

beforeAll(async () => {
  child = spawn(process.execPath, ["-e", SERVER], { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("no pipe");
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  url = `http://127.0.0.1:${Number(line.toString())}/`;
});

afterAll(() => child.kill());

test.for<readonly [string, () => Promise<string>]>([
  ["fetch", () => fetch(url).then((response) => response.text())],
  [
    "fetch, twice over one connection",
    async () => {
      await (await fetch(url)).text();
      return (await fetch(url)).text();
    },
  ],
  [
    "node:http",
    () =>
      new Promise((resolve, reject) => {
        get(url, (response) => text(response).then(resolve, reject)).on("error", reject);
      }),
  ],
])(
  "an agent that calls a real server by %s gets its answer at unchanged virtual time",
  { timeout: 30_000 },
  async ([, work]) => {
    const { value, run } = await inAgent(() => ticksDuring(() => timed(work)));
    expect(value).toEqual({ ticks: 0, value: { nano: 0, value: "hello" } });
    expect(run.notes[0]).toContain("agent solo did real I/O");
  },
);
