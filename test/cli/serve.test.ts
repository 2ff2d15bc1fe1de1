import { afterEach, expect, test, vi } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { readServeFlags, transportOf } from "../../src/cli/serve-flags.ts";
import { mcpServer } from "../../src/scenario/server.ts";
import { troupe } from "./run-program.ts";

const ORDERS = "mock-servers/orders.ts#orders";
const WHERE = "troupe serve: ";

afterEach(() => vi.unstubAllEnvs());

test.for(["0.0.0.0", "::", "192.0.2.7", "mocks.example", "127.0.0.1.example", "localhost.example"])(
  "without a token it does not listen at %s, which others can reach",
  async (host) => {
    const { code, out, err } = await troupe("serve", ORDERS, "--transport", "http", "--host", host);
    expect([code, out, err]).toEqual([
      2,
      "",
      `${WHERE}at --host ${host} anybody who reaches this machine could use the mock: there is no token. Set TROUPE_TOKEN or give --token, or leave out --host.\n`,
    ]);
  },
);

test("an empty variable is no token", async () => {
  vi.stubEnv("TROUPE_TOKEN", "");
  const { code, err } = await troupe("serve", ORDERS, "--transport", "http", "--host", "0.0.0.0");
  expect([code, err]).toEqual([2, expect.stringContaining("there is no token")]);
});

test.for(["http://mocks.example", "mocks.example:4000", "[::1]", "a b", "-x"])("%s is no host", async (host) => {
  const { code, err } = await troupe("serve", ORDERS, `--host=${host}`, "--token=t");
  const mend = "Give a name or an address of this machine, without a scheme; the port goes to --port.";
  expect([code, err]).toEqual([2, `${WHERE}--host ${host} is no host. ${mend}\n`]);
});

test("a token that no header can hold is refused without repeating it", async () => {
  vi.stubEnv("TROUPE_TOKEN", "grüße\n");
  for (const [words, name] of [
    [[], "TROUPE_TOKEN"],
    [["--token", "secret words"], "--token"],
  ] as const) {
    const { code, err } = await troupe("serve", ORDERS, ...words);
    expect(code).toBe(2);
    expect(err).toBe(
      `${WHERE}the token of ${name} cannot be sent in a header. Use letters, digits and -._~+/ only, as in: openssl rand -hex 32.\n`,
    );
  }
});

test.for([
  ["--host", "::1", "there is no host ::1 over stdio. Add --transport http or ws, or leave out --host."],
  ["--token", "secret", "there is no token over stdio. Add --transport http or ws, or leave out --token."],
])("over stdio there is no %s", ([flag = "", value = "", sentence = ""]) => {
  const flags = readServeFlags(readArguments("serve", COMMANDS.serve, [ORDERS, flag, value]), undefined);
  expect(() => transportOf(mcpServer("orders", { tools: {} }), flags, ORDERS)).toThrow(`${ORDERS}: ${sentence}`);
});

test("over stdio a token of the environment counts for nothing", () => {
  const flags = readServeFlags(readArguments("serve", COMMANDS.serve, [ORDERS]), "of-the-environment");
  expect(transportOf(mcpServer("orders", { tools: {} }), flags, ORDERS)).toBe("stdio");
});

test("a token of the flag goes before that of the environment", () => {
  const words = [ORDERS, "--token", "of-the-flag", "--host", "0.0.0.0", "--port", "4000"];
  const flags = readServeFlags(readArguments("serve", COMMANDS.serve, words), "of-the-environment");
  expect(flags.door).toEqual({ port: 4000, host: "0.0.0.0", token: "of-the-flag" });
});

test.for([
  ["mocks.example", ["--token=t", "--port=4000"], "--public-url mocks.example is no address that clients can call"],
  ["https://m.example/?a", ["--token=t", "--port=4000"], "is no address that clients can call"],
  ["https://m.example", ["--port=4000"], "at https://m.example anybody could use the mock: there is no token"],
  ["https://m.example", ["--token=t"], "the proxy has to know where the mock listens. Add --port."],
] as const)("behind a proxy at %s with %j it does not listen", async ([url, words, sentence]) => {
  const { code, err } = await troupe("serve", ORDERS, "--transport", "http", `--public-url=${url}`, ...words);
  expect([code, err]).toEqual([2, expect.stringContaining(sentence)]);
});
