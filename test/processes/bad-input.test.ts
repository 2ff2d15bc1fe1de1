import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { run } from "../../src/run.ts";
import { agent } from "../../src/scenario/agent.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";
import { mcpServer, tool } from "../../src/scenario/server.ts";
import { troupe } from "../cli/run-program.ts";
import { ran, serving } from "./fixtures-serve/serving.ts";
import { MARK, newMark, processesWith } from "./machine.ts";

// Inside the package, so that `troupe` is this checkout; relative, so that sentences name files as a user does.
const ROOT = mkdtempSync(join("test", ".tmp-serve-"));
afterAll(() => rmSync(ROOT, { recursive: true }));
let folders = 0;

/** Writes a file into a folder of its own and gives its path. */
function written(text: string, name = "a.scenario.ts"): string {
  const folder = join(ROOT, `f${++folders}`);
  mkdirSync(folder);
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const HEAD = `import { a2aAgent, agent, defineScenario, mcpServer, tool, user } from "troupe";
const isChild = process.env["TROUPE_UNDER_RUNNER"] === "1";
const input = { type: "object" } as const;
`;

/** A file with a server and a scenario that uses it. */
function scenarioWith({ top = "", tools = "ping: tool({ input, handle: () => 1 })", more = "" } = {}): string {
  return `${HEAD}${top}
const shop = mcpServer("shop", { tools: { ${tools} } });
const clerk = agent("clerk", async (turn) => turn.reply("done"));
export default defineScenario({ name: "a", agents: [clerk], servers: [shop], script: [user.says("hello")], ${more} });
`;
}

/** Refused: exit code 2, nothing on standard output, this on standard error, and no stack. */
function refused({ code, out, err }: { code: number | null; out: string; err: string }, sentence: string): void {
  expect({ code, out, err: err.trimEnd() }).toEqual({ code: 2, out: "", err: sentence });
}

const DEFINITION = "Let the definition depend on nothing but its file: no environment, time or chance.";

// --- troupe serve, in this process: nothing begins

const SHOP = "test/processes/fixtures-serve/shop.ts#shop";
const CLERK = "test/processes/fixtures-serve/clerk.ts#clerk";
const PORT = "Give a number from 1 to 65535, or 0 for a free one.";

test.for([
  [["--port", "abc"], `troupe serve: --port abc is no port. ${PORT}`],
  [["--port", "99999"], `troupe serve: --port 99999 is no port. ${PORT}`],
  [["--port=-1"], `troupe serve: --port -1 is no port. ${PORT}`],
  [["--port", "0x50"], `troupe serve: --port 0x50 is no port. ${PORT}`],
  [["--transport", "htp"], 'troupe serve: unknown transport "htp". Did you mean http?'],
  [["--transport", "grpc"], 'troupe serve: unknown transport "grpc". Known: stdio, http, ws.'],
  [["--prot=1"], "troupe serve: unknown flag --prot. Did you mean --port?"],
  [["again"], 'troupe serve: "again" is one too many. Write troupe serve FILE#NAME.'],
  [
    ["--port", "8123", "--transport", "stdio"],
    `${SHOP}: there is no port 8123 over stdio. Add --transport http or ws, or leave out --port.`,
  ],
  [["--port", "8123"], `${SHOP}: there is no port 8123 over stdio. Add --transport http or ws, or leave out --port.`],
] as const)("troupe serve %j is refused", async ([words, sentence]) => {
  refused(await troupe("serve", SHOP, ...words), sentence);
});

test("all faults of the flags are told at once", async () => {
  const { err } = await troupe("serve", SHOP, "--port", "abc", "--transport", "tcp", "--seed", "x");
  expect(err.trimEnd().split("\n")).toHaveLength(3);
});

test.for(["stdio", "ws"])("a remote agent cannot speak %s", async (transport) => {
  const what = `${CLERK}: agent clerk cannot speak ${transport}: A2A is spoken over HTTP.`;
  refused(await troupe("serve", CLERK, "--transport", transport), `${what} Use --transport http, or leave it out.`);
});

test("no file at all is a missing word", async () => {
  refused(await troupe("serve"), "troupe serve: FILE#NAME is missing. Write troupe serve FILE#NAME.");
});

test("a file that does not exist, and a folder, are told as such", async () => {
  const mend = "Check the path; it is relative to the folder you are in.";
  refused(await troupe("serve", "nowhere.ts#shop"), `nowhere.ts: there is no such file. ${mend}`);
  refused(await troupe("serve", ROOT), `${ROOT}: this is a folder. Name a file in it.`);
});

test("a name that the file has not is answered with the nearest, and with all", async () => {
  const file = "scenarios/refund-handoff.scenario.ts";
  const what = `${file}: there is no mock server, remote agent or model "order" in it; did you mean "orders"?`;
  refused(await troupe("serve", `${file}#order`), `${what} It holds orders, payments, risk, risk-model.`);
});

test("a file without any mock says so, and one with several asks for a name", async () => {
  const none = "personas/terse-customer.ts";
  refused(await troupe("serve", none), `${none}: there is no mock server, remote agent or model in it. It holds none.`);
  const several = "scenarios/refund-handoff.scenario.ts";
  const mend = `Name one, as in ${several}#orders. It holds orders, payments, risk, risk-model.`;
  refused(await troupe("serve", several), `${several}: it holds several. ${mend}`);
});

test("two different mocks of one name cannot be told apart", async () => {
  const file = written(`${HEAD}export const one = mcpServer("shop", {});\nexport const two = mcpServer("shop", {});\n`);
  const sentence = `${file}: several of its mocks are called "shop". Give each its own name, or say whose it is with --scenario.`;
  refused(await troupe("serve", `${file}#shop`), sentence);
});

test("one mock under two names of an export is one", async () => {
  const file = written(`${HEAD}export const one = mcpServer("shop", {});\nexport { one as two };\n`);
  const { url } = await serving([`${file}#shop`, "--transport", "http"]);
  expect(url).toMatch(/^http:/);
});

test("a file that throws while it loads is told with its place", async () => {
  const file = written(`${HEAD}\nthrow new Error("no such table");\n`);
  const mend = "Mend the file; loading a scenario runs its top level, nothing else.";
  refused(await troupe("serve", file), `${file}:5:7: it throws while it loads: Error: no such table. ${mend}`);
});

// --- troupe serve, as a process

test.for([
  [SHOP, "http"],
  [SHOP, "ws"],
  [CLERK, "http"],
] as const)("%s over %s does not begin on a port that is in use, and leaves nothing", async ([path, transport]) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void taken.close());
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? String(address.port) : "";
  const mark = newMark();
  const ended = await ran(["serve", path, "--transport", transport, "--port", port], { env: { [MARK]: mark } });
  const sentence = `port ${port}: another process listens there. Choose another --port, or 0 for a free one.`;
  refused(ended, sentence);
  expect(processesWith(mark)).toEqual([]);
});

test("an address for spans that is none is refused before anything begins", async () => {
  const ended = await ran(["serve", SHOP], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" } });
  const what = 'OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" is no address that spans can be sent to.';
  refused(ended, `${what} Write one such as http://127.0.0.1:4318, or unset it.`);
});

test("an agent whose own server cannot start is not served", async () => {
  const file = written(`${HEAD}
const isServer = process.argv.some((word) => word.endsWith("#shop"));
if (isServer) throw new Error("no such table");
const shop = mcpServer("shop", {});
export const clerk = a2aAgent("clerk", { servers: [shop], work: async () => "done" });
`);
  const mark = newMark();
  const { code, out, err } = await ran(["serve", `${file}#clerk`], { env: { [MARK]: mark } });
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain("server shop: its process ended with exit code 2; it said last:");
  expect(err).toContain("it throws while it loads: Error: no such table.");
  expect(err).not.toMatch(/^\s+at /m);
  await vi.waitFor(() => expect(processesWith(mark)).toEqual([]));
});

test("an agent whose own server loads differently in its process is not served, and the fault is the definition's", async () => {
  const file = written(`${HEAD}
const shop = mcpServer("shop", { instructions: isChild ? "one" : "two" });
export const clerk = a2aAgent("clerk", { servers: [shop], work: async () => "done" });
`);
  const { code, out, err } = await ran(["serve", `${file}#clerk`]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(
    `#shop: it loads differently in its own process: instructions is not the same there. ${DEFINITION}`,
  );
});

// --- troupe run --mode wire

interface Document {
  readonly verdict: string;
  readonly runs: readonly {
    readonly verdict: string;
    readonly skipped: string | null;
    readonly failures?: readonly string[];
  }[];
}

/** A run in wire to its end, after which nothing is left of it. */
async function wire(file: string, ...words: readonly string[]): Promise<Awaited<ReturnType<typeof ran>>> {
  const mark = newMark();
  const ended = await ran(["run", file, "--mode", "wire", ...words], { env: { [MARK]: mark } });
  await vi.waitFor(() => expect(processesWith(mark)).toEqual([]));
  expect(ended.err + ended.out).not.toMatch(/^\s+at /m);
  return ended;
}

test.for([
  [
    "a tool of the environment",
    { tools: "ping: tool({ input, handle: () => 1 }), ...(isChild ? { pong: tool({ input, handle: () => 1 }) } : {})" },
    "tools.pong",
  ],
  [
    "a schema of the environment",
    { tools: 'ping: tool({ input: isChild ? { type: "object", required: ["a"] } : input, handle: () => 1 })' },
    "tools.ping.input.required",
  ],
  [
    "a counter in a file",
    {
      top: `import { existsSync, writeFileSync } from "node:fs";
const marker = new URL("./loaded", import.meta.url);
const isFirst = !existsSync(marker);
if (isFirst) writeFileSync(marker, "");`,
      tools: 'ping: tool({ input, description: isFirst ? "one" : "two", handle: () => 1 })',
    },
    "tools.ping.description",
  ],
] as const)("a definition that depends on %s is told with what differs in the child", async ([, parts, path]) => {
  const file = written(scenarioWith(parts));
  const { code, err } = await wire(file, "--jobs", "1");
  expect(code).toBe(2);
  expect(err).toContain(`#shop: it loads differently in its own process: ${path} is not the same there. ${DEFINITION}`);
});

test("an address for spans that is none is no matter of a run in wire", async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4317" };
  const file = written(scenarioWith());
  expect(await ran(["run", file, "--mode", "wire"], { env })).toMatchObject({ code: 0, err: "" });
});

test("a child of another version of Troupe is told with both versions", async () => {
  // The file itself plays the other version, since it loads before the child introduces itself.
  const top = `if (isChild) {
  const send = process.send!.bind(process);
  process.send = ((message: { kind: string }) =>
    send(message.kind === "ready" ? { ...message, version: "0.0.9", description: 7 } : message)) as typeof process.send;
}`;
  const { code, err } = await wire(written(scenarioWith({ top })));
  expect(code).toBe(2);
  expect(err).toMatch(
    /#shop: its process runs Troupe 0\.0\.9, and this one \d+\.\d+\.\d+\. Install one version of troupe/,
  );
});

test("a file that only the child cannot load is told with what the child said", async () => {
  const { code, out, err } = await wire(
    written(scenarioWith({ top: 'if (isChild) throw new Error("no such table");' })),
  );
  expect(code).toBe(1);
  expect(out + err).toContain("server shop: its process ended with exit code 2; it said last:");
  expect(out + err).toContain("it throws while it loads: Error: no such table.");
});

test("--transport without --mode wire is refused", async () => {
  const { code, out, err } = await troupe("run", "scenarios/tool-loop.scenario.ts", "--transport", "http");
  expect([code, out]).toEqual([2, ""]);
  expect(err).toBe("troupe run --transport http: sim mode has no transports. Add --mode wire, or leave it out.\n");
});

async function skipped(file: string, ...words: readonly string[]): Promise<readonly unknown[]> {
  const { code, out } = await wire(file, "--json", ...words);
  const { runs } = JSON.parse(out) as Document;
  return [code, ...runs.map(({ verdict, skipped: why }) => [verdict, why])];
}

test("a scenario for sim only is skipped in wire, with the reason", async () => {
  const file = written(scenarioWith({ more: 'modes: ["sim"]' }));
  expect(await skipped(file)).toEqual([0, ["skipped", "it runs in sim only (modes)"]]);
});

const SHARED = `${HEAD}
const counter = mcpServer("counter", { state: () => ({ calls: 0 }), tools: { ping: tool({ input, handle: () => 1 }) } });
const remote = a2aAgent("remote", { servers: [counter], work: async () => "done" });
const clerk = agent("clerk", async (turn) => turn.reply("done"));
export default defineScenario({ name: "a", agents: [clerk], servers: [counter, remote], script: [user.says("hello")] });
`;

test("state that several processes share is skipped over stdio, with the reason, and played over http", async () => {
  const file = written(SHARED);
  const reason = expect.stringMatching(
    /^several processes share the state of server counter, .*; use --transport http$/,
  );
  expect(await skipped(file)).toEqual([0, ["skipped", reason]]);
  expect(await skipped(file, "--transport", "http")).toEqual([0, ["passed", null]]);
});

test("a scenario built in code cannot be run in wire without its file", async () => {
  const shop = mcpServer("shop", { tools: { ping: tool({ input: { type: "object" }, handle: () => 1 }) } });
  const clerk = agent("clerk", (turn) => Promise.resolve(turn.reply("done")));
  const scenario = defineScenario({ name: "a", agents: [clerk], servers: [shop], script: [user.says("hello")] });
  const refusal = { name: "TroupeError", code: "RUN_REFUSED", message: expect.stringContaining("no file is known") };
  await expect(run(scenario, { seed: 1, mode: "wire" })).rejects.toMatchObject(refusal);
});
