/** Every example of docs/agents.md, run as it stands there. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";

const page = readFileSync("docs/agents.md", "utf8");
// Inside the package, so that `troupe` is this checkout.
const folder = mkdtempSync(join("test", ".tmp-agents-page-"));
let service: Server;
let url: string;

const files = [...page.matchAll(/^```\w+\n(?:#|\/\/) (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = "", content = ""]) => ({
  name,
  content,
}));

beforeAll(async () => {
  service = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ answer: "We are.", choices: [{ message: { content: "Hello!" } }] }));
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const address = service.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  for (const { name, content } of files)
    writeFileSync(join(folder, name), content.replaceAll("http://127.0.0.1:8080", url));
});

afterAll(() => {
  service.close();
  rmSync(folder, { recursive: true });
});

test("every example has its file", () => {
  expect(files.map(({ name }) => name)).toEqual([
    "echo.py",
    "echo.scenario.ts",
    "server.mjs",
    "server.scenario.yaml",
    "desk.scenario.ts",
    "desk.scenario.yaml",
    "chat.scenario.ts",
    "framework.scenario.ts",
  ]);
});

test.for(files.map(({ name }) => name).filter((name) => name.includes(".scenario.")))("%s passes", async (name) => {
  const program = ["--conditions=troupe-source", "--import", "tsx", "src/cli/main.ts", "run", join(folder, name)];
  const env = { ...process.env, DESK_URL: `${url}/ask`, CHAT_URL: `${url}/v1` };
  const child = spawn(process.execPath, [...program, "--mode", "wire"], { env });
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(error).toBe("");
  expect(out).toMatch(/1 run: 1 passed/);
});
