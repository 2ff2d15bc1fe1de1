import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { type Child, startChild } from "../../src/wire/child.ts";

const PLAIN = fileURLToPath(new URL("children/plain.mjs", import.meta.url));
const LETTING = fileURLToPath(new URL("children/letting.ts", import.meta.url));

const started: Child[] = [];

function plain(...args: readonly string[]): Child {
  return start(process.execPath, [PLAIN, ...args]);
}

function start(command: string, args: readonly string[] = []): Child {
  const child = startChild({ command, args, env: {}, label: "server orders" });
  started.push(child);
  return child;
}

afterEach(async () => {
  for (const child of started) child.kill();
  await Promise.all(started.splice(0).map(({ exited }) => exited));
});

test("a child that dies at its start says so with its code and its last words", async () => {
  const child = plain("complain", "no such table: orders");
  expect(await child.exited).toEqual({ code: 1, signal: null, stderrTail: "no such table: orders" });
  expect(child.isOver).toBe(true);
});

test("a command that does not exist is an exit and no exception", async () => {
  const child = start("no-such-command-anywhere");
  const { code, signal, why } = await child.exited;
  expect({ code, signal }).toEqual({ code: null, signal: null });
  expect(why).toMatch(/^it could not start \(.*ENOENT\)$/);
  expect(child.pid).toBeUndefined();
});

test("a command that spawn itself refuses is an exit and no exception", async () => {
  const { why } = await start("node", ["a\0b"]).exited;
  expect(why).toMatch(/^it could not start \(.*null bytes/);
});

test("a dead child can be written to, sent to, killed and ended", async () => {
  const child = plain("exit", "3");
  const exit = await child.exited;
  child.stdin.write("too late\n");
  child.send({ too: "late" });
  child.kill();
  expect(await child.end(1)).toBe(exit);
});

test("a child that has closed its stdin can be written to", async () => {
  const child = plain("deaf");
  const failure = new Promise((resolve) => child.stdin.once("error", resolve));
  const write = (): void => void (child.stdin.writable && child.stdin.write("x".repeat(65_536), write));
  write();
  expect(await failure).toMatchObject({ code: expect.stringMatching(/EPIPE|ECONNRESET/) });
});

test("only the last 8 KiB of stderr are kept, and no half characters", async () => {
  const child = plain("complain", `start${"ä".repeat(8000)}b`);
  const { stderrTail } = await child.exited;
  expect(stderrTail).toBe(`${"ä".repeat(4095)}b`);
});

test("a child that floods stderr is killed, and the reason is told", async () => {
  const { signal, why } = await plain("flood").exited;
  expect({ signal, why }).toEqual({ signal: "SIGKILL", why: "flooded stderr" });
});

test("a polite child that is asked to end leaves with its own code", async () => {
  const child = plain("polite", "5");
  expect(await child.end(60_000)).toEqual({ code: 5, signal: null, stderrTail: "" });
});

test("a child that hangs at its end is killed after the limit", async () => {
  const { signal, why } = await plain("hang").end(50);
  expect({ signal, why }).toEqual({ signal: "SIGKILL", why: "it hung at its end for 50 ms" });
});

test("control messages cross both ways as structured clones", async () => {
  const child = plain("mirror");
  const answer = new Promise((resolve) => child.onMessage(resolve));
  const message = { nano: 1_763_683_200_000_000_001n, list: [new Date(0), undefined], map: new Map([["a", 1]]) };
  child.send(message);
  expect(await answer).toEqual({ mirrored: message });
});

test("a message from before the first listener waits for it", async () => {
  const child = plain("early");
  await child.exited;
  expect(await new Promise((resolve) => child.onMessage(resolve))).toEqual({ said: "early" });
});

test("what a child said over the channel before it exited is heard before its exit", async () => {
  const child = plain("chatter", "3000");
  let heard = 0;
  child.onMessage(() => heard++);
  await child.exited;
  expect(heard).toBe(3000);
});

test("a child that is let go does not keep this process alive", async () => {
  const letting = start(process.execPath, ["--import", "tsx", LETTING, PLAIN]);
  const pid = await new Promise<unknown>((resolve) => letting.onMessage(resolve));
  expect(await letting.exited).toMatchObject({ code: 0, stderrTail: "" });
  expect(pid).toEqual({ pid: expect.any(Number) });
});

test("a listener that unsubscribed hears no more", async () => {
  const child = plain("mirror");
  const heard: unknown[] = [];
  child.onMessage((message) => heard.push(message))();
  const answer = new Promise((resolve) => child.onMessage(resolve));
  child.send({ n: 1 });
  await answer;
  expect(heard).toEqual([]);
});

test("a listener for the exit hears it once, also when it comes late, and not after it unsubscribed", async () => {
  const child = plain("exit", "2");
  const codes: unknown[] = [];
  child.onExit(() => codes.push("unsubscribed"))();
  child.onExit(({ code }) => codes.push(code));
  await child.exited;
  await new Promise<void>((resolve) => child.onExit(() => resolve()));
  expect(codes).toEqual([2]);
});

test("a child has the environment that it is given and nothing of ours", async () => {
  const args = [PLAIN, "environment"];
  const child = startChild({ command: process.execPath, args, env: { ONE: "1" }, label: "x" });
  const environment: unknown = JSON.parse(await text(child.stdout));
  expect(environment).toHaveProperty("ONE", "1");
  expect(environment).not.toHaveProperty("PATH");
});

test("what a child wrote before it exited is read before its exit is told", async () => {
  const child = plain("count", "300000");
  const read = text(child.stdout);
  await child.exited;
  expect((await read).length).toBe(300_000);
});

test("many children leave one exit handler in this process", async () => {
  const before = process.listenerCount("exit");
  await Promise.all(Array.from({ length: 12 }, () => plain("exit", "0").exited));
  expect(process.listenerCount("exit")).toBeLessThanOrEqual(before + 1);
});
