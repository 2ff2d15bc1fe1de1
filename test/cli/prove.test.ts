import { expect, test } from "vitest";
import { troupe } from "./run-program.ts";

test.for([
  [["mcp-servr", "--", "node"], '"mcp-servr" is nothing that can be proved. Did you mean mcp-server?'],
  [["mcp-server"], "the server is missing. Write troupe prove mcp-server -- COMMAND…, or a URL."],
  [["mcp-server", "http://127.0.0.1:{port}/"], "{port} is a port for a command, and there is none"],
  [["mcp-server", "http://:x/"], "http://:x/ is no URL"],
  [["mcp-client"], "a client is a program that can be started"],
  [["mcp-client", "http://127.0.0.1:1/"], "a client is a program that can be started"],
  [["a2a", "--", "node"], "the agent's URL is missing"],
  [["mcp-client", "--transport", "ws", "--", "node"], "this is no transport of MCP. Known: stdio, http."],
  [["mcp-server", "--era", "modern", "--", "node"], "this is no era of MCP. Known: handshake, stateless."],
  [["a2a", "--era", "stateless", "http://127.0.0.1:1/"], "A2A has no eras"],
  [["mcp-server", "--all-tools", "--tool", "a", "--", "node"], "--all-tools and --tool are both given"],
  [["mcp-server", "--timeout", "0", "--", "node"], "--timeout 0 is none that it can be. Give a number from 1 to 3600."],
  [["mcp-server", "--otlp-port", "0", "--", "node"], "--otlp-port 0 is none that it can be"],
  [["mcp-server", "--env", "NOT_SET_ANYWHERE", "--", "node"], "NOT_SET_ANYWHERE is not set here"],
  [["mcp-server", "--downstream-env", "A=ftp", "--", "node"], "it names no variable, or neither mcp nor http"],
  [["mcp-server", "--report", "markdwn", "--", "node"], 'unknown report "markdwn". Did you mean markdown?'],
  [["mcp-server", "--report", "markdown", "--json", "--", "node"], "json and markdown cannot share standard output"],
] as const)("troupe prove %j is refused: %s", async ([words, why]) => {
  const { code, out, err } = await troupe("prove", ...words);
  expect([code, out, err]).toEqual([2, "", expect.stringContaining(why)]);
});

test("all faults of a command line are told at once", async () => {
  const { err } = await troupe("prove", "mcp-server", "--timeout", "x", "--env", "=", "--report", "none");
  expect(err.trim().split("\n")).toHaveLength(4);
});

test("its help says what each exit code means", async () => {
  const { code, out } = await troupe("prove", "--help");
  expect(code).toBe(0);
  for (const words of [
    "0: no context was lost",
    "1: context is lost",
    "4: nothing can be told",
    "2: it could not be started",
  ])
    expect(out).toContain(words);
});
