import fc from "fast-check";
import { expect, test } from "vitest";
import type { Exchange } from "../../src/recording/exchange.ts";
import { readRecording, recordingText, type Recording } from "../../src/recording/recording.ts";
import { isTroupeError } from "../../src/core/errors.ts";

const EXCHANGES: readonly Exchange[] = [
  { kind: "user", agent: null, startMs: 0, durationMs: 9, text: "Where is it?", reply: "Here." },
  {
    kind: "model",
    agent: "desk",
    spanId: "00f067aa0ba902b7",
    startMs: 1,
    durationMs: 2,
    model: "gpt-5",
    conversation: [{ role: "user", text: "Where is it?" }],
    answer: { say: "", call: [{ tool: "track", arguments: { parcel: "P1" } }], inputTokens: 0 },
  },
  {
    kind: "tool",
    agent: "desk",
    startMs: 3,
    durationMs: 1,
    server: null,
    tool: "track",
    arguments: { parcel: "P1" },
    result: { at: "shelf" },
    isError: false,
  },
  { kind: "resource", agent: "desk", startMs: 4, durationMs: 1, server: "post", uri: "post://a", result: "b" },
  { kind: "prompt", agent: "desk", startMs: 4, durationMs: 1, server: "post", name: "p", arguments: {}, result: "b" },
  { kind: "ask", agent: "desk", startMs: 5, durationMs: 1, to: "risk", text: "ok?", reply: "ok", state: null },
  {
    kind: "retrieval",
    agent: null,
    startMs: 6,
    durationMs: 0,
    source: null,
    query: "q",
    documents: [{ id: 1 }],
    missing: ["answer"],
  },
];

const RECORDING: Recording = {
  source: { traceIds: ["0af7651916cd43dd8448eb211c80319c"], format: "otlp-json", dialects: [], readBy: "troupe 0.1.0" },
  exchanges: EXCHANGES,
  replaced: { email: 2 },
  lacks: [{ what: "no results", consequence: "none" }],
};

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (isTroupeError(error)) return error.message.split("\n");
    throw error;
  }
  return [];
}

test("a recording is read as it was written, to the byte", () => {
  const text = recordingText(RECORDING);
  const read = readRecording(text, "a.recording.json");
  expect(read).toEqual(RECORDING);
  expect(recordingText(read)).toBe(text);
});

test("arguments and results of any JSON come through a recording", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (args, result) => {
      // What JSON itself does to -0 is no matter of recordings.
      const given: Recording = JSON.parse(
        JSON.stringify({
          ...RECORDING,
          exchanges: [{ ...EXCHANGES[2], arguments: args, result }],
        }),
      );
      expect(readRecording(recordingText(given), "a")).toEqual(given);
    }),
  );
});

test("a recording of another version is refused with both versions", () => {
  const text = recordingText(RECORDING).replace('"version": 1', '"version": 2');
  expect(faultsOf(() => readRecording(text, "a.json"))).toEqual([
    "a.json: this is a recording of version 2, and this Troupe reads version 1. Import the trace again with this version of Troupe, or use the one that wrote it.",
  ]);
});

test("every fault of a recording that was edited by hand is told, each at its place", () => {
  const document = JSON.parse(recordingText(RECORDING));
  document.exchanges[0].text = 7;
  document.exchanges[1].answer = "No.";
  document.exchanges[2].arguments = [];
  document.exchanges[3].kind = "dream";
  document.source = "me";
  const places = faultsOf(() => readRecording(JSON.stringify(document), "a.json"));
  expect(places.map((sentence) => sentence.split(". ")[0])).toEqual([
    "a.json, source: this is missing",
    "a.json, exchanges[0].text: this is no text",
    "a.json, exchanges[1].answer: this is no object",
    "a.json, exchanges[2].arguments: this is no object",
    "a.json, exchanges[3].kind: its kind is none of user, model, tool, resource, prompt, ask and retrieval",
  ]);
});

test.for([
  ["{", "a.json: it is no JSON"],
  ["[]", 'a.json: this is no recording: its format is not "troupe-recording"'],
  ["null", 'a.json: this is no recording: its format is not "troupe-recording"'],
])("%s is no recording", ([text = "", words = ""]) => {
  expect(faultsOf(() => readRecording(text, "a.json"))[0]).toContain(words);
});
