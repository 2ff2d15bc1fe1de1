import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Role } from "@a2a-js/sdk";
import { ClientFactory, JsonRpcTransportFactory } from "@a2a-js/sdk/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { WebSocket } from "ws";
import { execute } from "../src/run/execute.ts";
import { prepareThread } from "../src/run/prepare-thread.ts";
import { plan } from "../src/scenario/plan.ts";
import { carrier, openSpans, prepareBare } from "./bare-spans.ts";
import { echoServer } from "./mcp-echo.ts";
import { openCollector, servingWith, traced } from "./mcp-traced.ts";
import { type AtOnce, CALLS, callAll, manyAsks, manyToolCalls, oneAsk, oneToolCall } from "./mcp.scenario.ts";

export const LANES = ["sim", "stdio", "http", "ws", "a2a"] as const;
export type Lane = (typeof LANES)[number];

const SCENARIO = fileURLToPath(import.meta.resolve("./mcp.scenario.js"));
const SERVER = fileURLToPath(import.meta.resolve("./mcp-server.js"));
/** Runs, or as many calls without one, before what is timed, and in it. */
const WARM_UP = 5;
const COUNTED = 3;

export interface Figure {
  readonly microsPerCall: number;
  /** Processor time of this process and its child. */
  readonly cpuMicrosPerCall: number;
}

/**
 * Whole runs of Troupe, of 1,000 calls each, one after the other, over a wire with the same child: from the run's begin
 * until its last span and ledger entry is here. The child's start is no part of it.
 */
export async function runLane(lane: Lane, atOnce: AtOnce): Promise<Figure> {
  prepareThread();
  const scenarios = lane === "a2a" ? { 1: oneAsk, 16: manyAsks } : { 1: oneToolCall, 16: manyToolCalls };
  const transport = lane === "a2a" ? "http" : lane;
  const options = transport === "sim" ? {} : ({ mode: "wire", transport, file: SCENARIO } as const);
  let spans = 0;
  const round = async (seed: number): Promise<void> => {
    const run = await execute(plan(scenarios[atOnce], seed), options);
    if (run.outcome === undefined || run.missing.length > 0) throw new Error(run.failures.join("; "));
    spans += run.spans.length;
  };
  const figure = await timed(round);
  if (spans < (WARM_UP + COUNTED) * CALLS * 2) throw new Error(`there are only ${spans} spans`);
  return figure;
}

/** The same calls by a bare client, without a span at either end. */
export async function bareLane(lane: Lane, atOnce: AtOnce): Promise<Figure> {
  const { call, close } = await barePair(lane, undefined);
  try {
    return await timed(() => callAll(atOnce, (number) => call(`call ${number}`)));
  } finally {
    await close();
  }
}

/** The same calls by a bare client, with a span at each end: its own stay here, and the server's come by OTLP. */
export async function tracedLane(lane: Lane, atOnce: AtOnce): Promise<Figure> {
  prepareBare();
  const collector = await openCollector();
  const { call, close } = await barePair(lane, collector.url);
  try {
    const figure = await timed(() => traced(lane, atOnce, (number) => call(`call ${number}`)));
    if (lane !== "sim" && collector.spans < COUNTED * CALLS) throw new Error(`only ${collector.spans} spans arrived`);
    return figure;
  } finally {
    await close();
  }
}

/** With a collector there are spans, and context goes along. */
function barePair(lane: Lane, collector: string | undefined): Promise<Bare> {
  return lane === "a2a" ? bareAgent(collector) : bareServer(lane, collector);
}

async function timed(round: (seed: number) => Promise<void>): Promise<Figure> {
  let seed = 1;
  for (; seed <= WARM_UP; seed++) await round(seed);
  const [start, cpuBefore] = [performance.now(), cpuMicros()];
  for (; seed <= WARM_UP + COUNTED; seed++) await round(seed);
  const calls = COUNTED * CALLS;
  return {
    microsPerCall: ((performance.now() - start) * 1000) / calls,
    cpuMicrosPerCall: (cpuMicros() - cpuBefore) / calls,
  };
}

/** Linux tells of children that live; elsewhere this process alone is counted. */
function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  const { pid } = process;
  const children = process.platform === "linux" ? readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8") : "";
  const ticks = children
    .split(" ")
    .filter((child) => child !== "")
    .map((child) => {
      // Behind its name, which may hold spaces, the 12th and 13th fields are its time in user mode and in the kernel's.
      const fields = (readFileSync(`/proc/${child}/stat`, "utf8").split(") ").at(-1) ?? "").split(" ");
      return Number(fields[11]) + Number(fields[12]);
    });
  return user + system + ticks.reduce((sum, each) => sum + each, 0) * TICK_MICROS;
}

const TICK_MICROS = 10_000;

interface Bare {
  readonly call: (text: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

async function bareServer(lane: Exclude<Lane, "a2a">, collector: string | undefined): Promise<Bare> {
  const { transport, child } = await bareTransport(lane, collector);
  const client = new Client({ name: "bare", version: "1" });
  await client.connect(transport);
  await client.listTools();
  return {
    call: (text) =>
      client.callTool({
        name: "echo",
        arguments: { text },
        ...(collector === undefined ? {} : { _meta: carrier() }),
      }),
    close: async () => {
      await client.close();
      child?.kill();
    },
  };
}

async function bareTransport(
  lane: Exclude<Lane, "a2a">,
  collector: string | undefined,
): Promise<{ transport: Transport; child?: ChildProcess }> {
  if (lane === "sim") {
    const [near, far] = InMemoryTransport.createLinkedPair();
    await echoServer(lane, servingWith(collector === undefined ? undefined : openSpans().tracerOf("echo"))).connect(
      far,
    );
    return { transport: near };
  }
  if (lane === "stdio")
    return { transport: new StdioClientTransport({ command: process.execPath, args: serverArgs(lane, collector) }) };
  const { url, child } = await started(lane, collector);
  if (lane === "http") return { transport: new StreamableHTTPClientTransport(url), child };
  // Node 20 has none of its own.
  Reflect.set(globalThis, "WebSocket", WebSocket);
  return { transport: new WebSocketClientTransport(url), child };
}

async function bareAgent(collector: string | undefined): Promise<Bare> {
  const { url, child } = await started("a2a", collector);
  const carrying: typeof fetch = (input, init) =>
    fetch(input, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), ...carrier() } });
  const fetching = collector === undefined ? {} : { fetchImpl: carrying };
  const factory = new ClientFactory({ transports: [new JsonRpcTransportFactory(fetching)] });
  const client = await factory.createFromUrl(url.href);
  let messages = 0;
  return {
    call: (text) =>
      client.sendMessage({
        tenant: "",
        message: {
          messageId: `bare/${++messages}`,
          contextId: "bare",
          taskId: "",
          role: Role.ROLE_USER,
          parts: [
            { content: { $case: "text", value: text }, mediaType: "text/plain", filename: "", metadata: undefined },
          ],
          metadata: undefined,
          extensions: [],
          referenceTaskIds: [],
        },
        configuration: undefined,
        metadata: undefined,
      }),
    close: () => Promise.resolve(void child.kill()),
  };
}

function serverArgs(lane: Lane, collector: string | undefined): string[] {
  return [SERVER, lane, ...(collector === undefined ? [] : [collector])];
}

async function started(
  lane: Lane,
  collector: string | undefined,
): Promise<{ readonly url: URL; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, serverArgs(lane, collector), { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { url: new URL(line), child };
}
