import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { canonicalJson } from "../../src/core/json.ts";
import { readTraceFile } from "../../src/format/read.ts";
import { meaningOf } from "../../src/trace/dialects.ts";
import { conversationsOf, type Direction } from "../../src/trace/messages.ts";
import type { Message } from "../../src/trace/messages/message.ts";

/** Traces of ten frameworks and the messages that Langfuse makes of each span: skipped where the folder is absent. */
const FOLDER = join(import.meta.dirname, "../../../shared/data/langfuse/worker/src/__tests__/chatml/framework-traces");
const isAbsent = !existsSync(FOLDER);
const files = isAbsent ? [] : readdirSync(FOLDER).filter((file) => file.endsWith(".chatml.json"));

interface GoldenMessage {
  readonly role?: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly { readonly name: string; readonly arguments: string }[];
  readonly json?: { readonly text?: string };
}

interface Golden {
  readonly success: boolean;
  readonly data?: readonly GoldenMessage[];
}

/** Who said what and called what; JSON inside texts in one form. */
type Plain = readonly (readonly [role: string, text: string, calls: readonly (readonly [string, string])[]])[];

const plainJson = (text: string): string => {
  try {
    return canonicalJson(JSON.parse(text));
  } catch {
    return text;
  }
};

const plainOurs = (messages: readonly Message[]): Plain =>
  messages.map(({ role, text, toolCalls }) => [
    role,
    plainJson(text),
    toolCalls.map((call) => [call.name, plainJson(call.arguments || "{}")]),
  ]);

interface Part {
  readonly type?: string;
  readonly text?: string;
  readonly name?: string;
  readonly input?: unknown;
}

function plainGolden({ data = [] }: Golden): Plain {
  return data.map(({ role = "", content, tool_calls: calls = [], json }) => {
    const parts: readonly Part[] = Array.isArray(content) ? content : [];
    const isParts = parts.some(({ type }) => type === "text" || type === "tool_use");
    const texts = parts.flatMap(({ type, text = "" }) => (type === "text" ? [text] : []));
    const whole =
      typeof content === "string" ? content : content === undefined ? (json?.text ?? "") : JSON.stringify(content);
    const uses = parts.flatMap(({ type, name = "", input }) =>
      type === "tool_use" ? [[name, canonicalJson(input)] as const] : [],
    );
    return [
      role === "model" ? "assistant" : role,
      isParts ? texts.join("\n") : plainJson(whole),
      [...uses, ...calls.map((call) => [call.name, plainJson(call.arguments)] as const)],
    ];
  });
}

/** Where both read messages and not the same ones, and why ours are right. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  "90d94774e8e3724d input": "the span has the agent's instructions, which Langfuse leaves out",
  "98870087af69bf06 input": "the span has the agent's instructions, which Langfuse leaves out",
  "bded677884f031ce input": "the answer of a tool is a tool's, and not the user's",
};

interface Side {
  readonly id: string;
  readonly golden: Golden;
  readonly kind: string;
  readonly ours: readonly Message[];
}

/** How one side of a span compares; "different" where nothing explains it. */
function comparison({ id, golden, kind, ours }: Side): string {
  if (!golden.success) {
    return ours.length === 0 ? "neither has messages" : "Langfuse refuses plain text and some forms that Troupe reads";
  }
  const [theirs, own] = [plainGolden(golden), plainOurs(ours)];
  if (canonicalJson(theirs) === canonicalJson(own)) return "the same";
  if (kind === "tool") return "Langfuse shows what a tool answers as a message, which to Troupe is the call's result";
  const isOpaque = theirs.every(([role, text, calls]) => role === "" && text === "" && calls.length === 0);
  if (isOpaque) return "Langfuse shows any JSON as a message without a role and a text";
  return DIFFERENCES[id] === undefined ? "different" : "listed";
}

function sidesOf(file: string): readonly Side[] {
  const goldens: Readonly<Record<string, Partial<Record<Direction, Golden>>>> = JSON.parse(
    readFileSync(join(FOLDER, file), "utf8"),
  );
  const trace = file.replace(".chatml.", ".trace.");
  return readTraceFile(readFileSync(join(FOLDER, trace), "utf8"), trace).spans.flatMap((span) =>
    (["input", "output"] as const).flatMap((direction) => {
      const golden = goldens[span.spanId]?.[direction];
      if (golden === undefined) return [];
      const { kind } = meaningOf(span);
      const [first] = conversationsOf(span, kind, direction);
      return [{ id: `${span.spanId} ${direction}`, golden, kind, ours: first?.messages ?? [] }];
    }),
  );
}

test.each(files)("%s: every message is as Langfuse has it, or the difference is explained", (file) => {
  const sides = sidesOf(file);
  expect(sides.length).toBeGreaterThan(0);
  expect(sides.filter((side) => comparison(side) === "different").map(({ id }) => id)).toEqual([]);
});

test.skipIf(isAbsent)("most of what Langfuse reads is the same here, and each listed difference is one", () => {
  const found = files.flatMap((file) => sidesOf(file)).map((side) => [side.id, comparison(side)] as const);
  expect(found.filter(([, how]) => how === "the same").length).toBeGreaterThan(45);
  expect(
    found
      .filter(([, how]) => how === "listed")
      .map(([id]) => id)
      .toSorted(),
  ).toEqual(Object.keys(DIFFERENCES).toSorted());
});

test.skipIf(isAbsent)("a message that says something else would be found", () => {
  const same = files.flatMap((file) => sidesOf(file)).filter((side) => comparison(side) === "the same");
  const changed = same.map((side) => ({ ...side, ours: side.ours.map((message) => ({ ...message, text: "x" })) }));
  expect(new Set(changed.map((side) => comparison(side)))).toEqual(new Set(["different"]));
});
