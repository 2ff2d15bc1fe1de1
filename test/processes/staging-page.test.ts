/** The examples of docs/staging.md, run as they stand there. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { TROUPE } from "../cli/run-child.ts";
import { serving } from "./fixtures-serve/serving.ts";

const page = readFileSync("docs/staging.md", "utf8");

function fence(language: string): string {
  const [, content] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(page) ?? [];
  if (content === undefined) throw new Error(`the page has no ${language}`);
  return content;
}

test("the page's command prints what stands there", async () => {
  const [, words = ""] = /^npx troupe serve (.*) --port 4000$/m.exec(fence("sh")) ?? [];
  const server = await serving(words.split(" "), { env: { TROUPE_TOKEN: "of-this-test" } });
  const { host } = new URL(server.url);
  expect(server.printed().out.replaceAll(host, "10.0.0.5:4000")).toBe(fence("text"));
});

test("the page's scenario talks with an agent over HTTP", async () => {
  const asked: unknown[] = [];
  const staging = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push(JSON.parse(body));
      response.setHeader("content-type", "application/json").end(JSON.stringify({ text: "It is late." }));
    });
  });
  await new Promise<void>((resolve) => staging.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void staging.close());
  const address = staging.address();
  // Inside the package, so that `troupe` is this checkout.
  const folder = mkdtempSync(join("test", ".tmp-staging-page-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "staging.scenario.ts"), fence("ts"));
  const [node, ...program] = TROUPE;
  const port = typeof address === "object" ? address?.port : "";
  const child = spawn(node, [...program, "run", join(folder, "staging.scenario.ts"), "--mode", "wire"], {
    env: { ...process.env, SUPPORT_URL: `http://127.0.0.1:${port}/chat` },
  });
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(error).toBe("");
  expect(out).toMatch(/1 run: 1 passed/);
  expect(asked).toMatchObject([{ text: "Where is A-17?" }]);
});
