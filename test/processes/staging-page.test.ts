/** The examples of docs/staging.md, run as they stand there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ran, serving } from "./fixtures-serve/serving.ts";
import { started } from "./fixtures-serve/started.ts";

const page = readFileSync("docs/staging.md", "utf8");

/** The first of its language, that holds some words. */
function fence(language: string, words = ""): string {
  const fences = page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"));
  for (const [, content = ""] of fences) if (content.includes(words)) return content;
  throw new Error(`the page has no ${language} with ${words}`);
}

test("the page's command prints what stands there", async () => {
  const [, words = ""] = /^npx troupe serve (.*) --port 4000$/m.exec(fence("sh", "troupe serve")) ?? [];
  const server = await serving(words.split(" "), { env: { TROUPE_TOKEN: "of-this-test" } });
  const { host } = new URL(server.url);
  expect(server.printed().out.replaceAll(host, "10.0.0.5:4000")).toBe(fence("text"));
});

test("the page's scenario is pointed at staging by one variable, and finds its spans there", async () => {
  const store = await started("test/fixtures/staging/store.mjs", {}, onTestFinished);
  const agent = await started("test/fixtures/staging/agent.mjs", { OTLP_URL: store }, onTestFinished);
  // Inside the package, so that `troupe` is this checkout.
  const folder = mkdtempSync(join("test", ".tmp-staging-page-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "staging.scenario.ts");
  writeFileSync(file, fence("ts"));
  const [, variable = "", url = "", words = "", from = ""] =
    /^\$ (\w+)=(\S+) troupe (.* --spans) (\S+)$/m.exec(fence("console")) ?? [];
  expect([url, from]).toEqual(["https://support.staging.example/chat", "tempo:https://tempo.staging.example"]);
  const command = words.replace("staging.scenario.ts", file).split(" ");
  const { out, err } = await ran([...command, `tempo:${store}`, "--spans-quiet", "0"], {
    // This one asks no mock.
    env: { [variable]: `${agent}/careless` },
  });
  expect(err).toBe("");
  expect(out).toMatch(/handoff support -> billing[\s\S]*1 run: 1 passed/);
});
