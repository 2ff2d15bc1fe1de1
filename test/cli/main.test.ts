import { expect, test } from "vitest";
import { agent, llm } from "../check/traces.ts";
import { newFolder, otlpText } from "./files.ts";
import { troupeProcess as troupe } from "./run-child.ts";

test("a wrong command prints its sentence on standard error and ends with 2", async () => {
  expect(await troupe(["shw"])).toEqual({ code: 2, out: "", err: "troupe: unknown command shw. Did you mean show?\n" });
});

test("a long document reaches a pipe to its end", async () => {
  const folder = await newFolder();
  const file = await folder.write(
    "t.json",
    otlpText(
      agent(
        "a",
        Array.from({ length: 3000 }, () => llm("gpt")),
      ),
    ),
  );
  const { code, out } = await troupe(["show", file, "--all"]);
  expect([code, out.split("\n").length]).toEqual([0, 3005]);
  expect(out).toContain("no hops are judged");
});

test("a reader that closes the pipe early changes neither the exit code nor standard error", async () => {
  const folder = await newFolder();
  const file = await folder.write(
    "t.json",
    otlpText(
      agent(
        "a",
        Array.from({ length: 30_000 }, () => llm("gpt")),
      ),
    ),
  );
  const { code, err } = await troupe(["show", file, "--all"], 1);
  expect([code, err]).toEqual([0, ""]);
});
