/** Real tools, behind the official SDK's server; what it was asked, the server itself says. */
import { type Server as HttpServer, createServer } from "node:http";
import { json } from "node:stream/consumers";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { afterEach, expect, test } from "vitest";
import * as z from "zod";
import { replayText } from "../../src/report/replay-text.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { askReal } from "../../src/run/real-tools.ts";
import { assistant, recordedParcels, replayed } from "../campaign/replay/parcels.ts";

prepareThread();

let http: HttpServer | undefined;
afterEach(() => {
  http?.close().closeAllConnections();
});

/** A server with a tool that only reads and one that says nothing of itself, and what was called there. */
async function world(): Promise<{ readonly url: string; readonly called: string[]; readonly keys: unknown[] }> {
  const called: string[] = [];
  const keys: unknown[] = [];
  http = createServer(async (request, response) => {
    keys.push(request.headers["x-key"]);
    const server = new McpServer({ name: "parcels", version: "1.0.0" });
    const inputSchema = { parcel: z.string(), reason: z.string().optional() };
    for (const [name, readOnlyHint] of [
      ["shelf", true],
      ["refund", false],
      ["track", undefined],
    ] as const)
      server.registerTool(
        name,
        { inputSchema, annotations: readOnlyHint === undefined ? {} : { readOnlyHint } },
        ({ parcel }) => {
          called.push(`${name} ${parcel}`);
          return { content: [{ type: "text", text: `${name} of ${parcel}, really` }] };
        },
      );
    const transport = new StreamableHTTPServerTransport({});
    await server.connect(transport);
    await transport.handleRequest(request, response, request.method === "POST" ? await json(request) : undefined);
  });
  await new Promise<void>((resolve) => http?.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/mcp`, called, keys };
}

const ofTool = (tool: string) => ({ server: "parcels", tool, arguments: { parcel: "P2" } });

test("a tool that says that it only reads is called, with the server's own headers", async () => {
  const { url, called, keys } = await world();
  const answer = await askReal(
    { servers: [{ name: "parcels", url, headers: { "x-key": "k" } }], allowed: [] },
    ofTool("shelf"),
  );
  expect(answer).toEqual({ result: "shelf of P2, really", isError: false, by: "live" });
  expect([called, new Set(keys)]).toEqual([["shelf P2"], new Set(["k"])]);
});

test.for(["refund", "track"])(
  "%s, which does not say so, is refused and never reaches the server, unless it is listed",
  async (tool) => {
    const { url, called } = await world();
    const servers = [{ name: "parcels", url }];
    const refused = await askReal({ servers, allowed: ["parcels/shelf", `other/${tool}`] }, ofTool(tool));
    expect([refused.by, refused.isError, called]).toEqual(["refused", true, []]);
    expect(refused.result).toContain(`--allow-call parcels/${tool} is not given`);
    await askReal({ servers, allowed: [`parcels/${tool}`] }, ofTool(tool));
    expect(called).toEqual([`${tool} P2`]);
  },
);

test("a server that nobody named, and one that is not there, are errors for the agent", async () => {
  expect(await askReal({ servers: [], allowed: [] }, ofTool("shelf"))).toMatchObject({ by: "refused", isError: true });
  const servers = [{ name: "parcels", url: "http://127.0.0.1:9/mcp" }];
  const gone = await askReal({ servers, allowed: ["parcels/shelf"] }, ofTool("shelf"));
  expect(gone).toMatchObject({ by: "live", isError: true, result: expect.stringContaining("ECONNREFUSED") });
});

test("a replay asks the real server what was not recorded alone, and its report says what was refused", async () => {
  const { url, called } = await world();
  const candidate = assistant(async (turn, { id, name }) => {
    if (name === "track") return false;
    await turn.call({ id, name, arguments: { parcel: "P2" } });
    return true;
  });
  const real = { servers: [{ name: "parcels", url }], allowed: [] };
  const result = await replayed(await recordedParcels(), { agents: [candidate], miss: "live", real });
  expect(called).toEqual(["shelf P2"]);
  expect(result.answered.filter(({ about }) => about !== "model").map(({ about, by }) => `${about} ${by}`)).toEqual([
    "tool track exact",
    "tool shelf live",
    "tool refund refused",
  ]);
  expect(replayText(result)).toMatch(/refused +tool refund \{"parcel":"P2"\}/);
});
