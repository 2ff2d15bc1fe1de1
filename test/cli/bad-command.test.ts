/** What the command line refuses: trace files, shapes and flags. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMAND_NAMES } from "../../src/cli/commands.ts";
import { nearestWord } from "../../src/core/errors.ts";
import { folder, refusal } from "./bad-files.ts";
import { troupe } from "./run-program.ts";

test.each([
  [
    "no JSON",
    "hello\n",
    /^t\.json: this is no trace file that Troupe can read; it begins with "hello\\n"\. Looked for OTLP JSON .*\.$/,
  ],
  ["JSON of something else", '{"a":1}', /^t\.json: this is no trace file .*\{\\"a\\":1\}/],
  ["an empty list", "[]", /^t\.json: this is no trace file .*"\[\]"/],
  ["null", "null", /^t\.json: this is no trace file .*"null"/],
  ["empty", "", /^t\.json: this is no trace file that Troupe can read; it is empty\./],
  [
    "cut off",
    '{"resourceSpans":[',
    /^t\.json: it begins like JSON and is not valid JSON \(.*\)\. Was the file cut off.*\.$/,
  ],
  ["of the wrong form", '{"resourceSpans":5}', /^t\.json: this is no trace file/],
  ["binary", Uint8Array.from([0xff, 0xfe, 0x00, 0x80]), /^t\.json: the file is not UTF-8 text\. Unpack it/],
])("a trace file that is %s is refused", async (_name, content, sentence) => {
  const path = folder({ "t.json": content, "s.yaml": "- agent x\n" });
  const file = join(path, "t.json");
  expect(refusal(await troupe("show", file, "--json"), path)).toEqual([expect.stringMatching(sentence)]);
  const checked = await troupe("check", file, "--shape", join(path, "s.yaml"), "--json");
  expect(refusal(checked, path)).toEqual([expect.stringMatching(sentence)]);
});

test("spans without ids are all told, each at its place, with what to write", async () => {
  const path = folder({
    "t.json":
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"spanId":"0123456789abcdef"},{"traceId":"0123456789abcdef0123456789abcdef"}]}]}]}',
  });
  const at = "resourceSpans[0].scopeSpans[0].spans";
  expect(refusal(await troupe("show", join(path, "t.json")), path)).toEqual([
    `t.json: ${at}[0].traceId: the span has no trace id. Write its trace id as 32 hexadecimal digits.`,
    `t.json: ${at}[1].spanId: the span has no span id. Write its span id as 16 hexadecimal digits.`,
  ]);
});

test("a folder without traces, and a folder given as a shape, are refused", async () => {
  const path = folder({ "t.json": '{"resourceSpans":[]}' });
  const empty = folder({ "notes.txt": "hello" });
  expect(refusal(await troupe("show", empty), empty)[0]).toMatch(
    /: the folder holds no trace file \(notes\.txt is left out/,
  );
  const checked = await troupe("check", join(path, "t.json"), "--shape", path);
  expect(refusal(checked)[0]).toContain("this is a folder. Name a file in it.");
});

test("faults of every shape and of the trace are told at once", async () => {
  const path = folder({ "t.json": "{", "empty.yaml": "", "list.yaml": "[]", "bad.yaml": "- tol x\n" });
  const shapes = ["nowhere.yaml", "empty.yaml", "list.yaml", "bad.yaml"].flatMap((name) => [
    "--shape",
    join(path, name),
  ]);
  const faults = refusal(await troupe("check", join(path, "t.json"), ...shapes, "--json"), path);
  expect(faults.map((fault) => /^[\w.]+/.exec(fault)?.[0])).toEqual([
    "nowhere.yaml",
    "empty.yaml",
    "list.yaml",
    "bad.yaml",
    "t.json",
  ]);
});

// --- The command line

const SEED = "A seed is an integer from 0 to 9007199254740991.";
const RANGE = "Write --seeds N for 1 to N, or --seeds A..B with A up to B.";

test.each([
  [["--seed", "x"], `--seed x is no seed. ${SEED}`],
  [["--seed", "-1"], `--seed -1 is no seed. ${SEED}`],
  [["--seed", "1.5"], `--seed 1.5 is no seed. ${SEED}`],
  [["--seed", "9007199254740992"], `--seed 9007199254740992 is no seed. ${SEED}`],
  [["--seed", ""], "--seed has no value. Write --seed N|random."],
  [["--seeds", "5..2"], `--seeds 5..2 holds no seed. ${RANGE}`],
  [["--seeds", "0"], `--seeds 0 holds no seed. ${RANGE}`],
  [["--seeds", "1.."], `--seeds 1.. is no range of seeds. ${RANGE} ${SEED}`],
  [["--seeds", "-1..2"], `--seeds -1..2 is no range of seeds. ${RANGE} ${SEED}`],
  [["--jobs", "0"], "--jobs 0 is no number of threads. Write a number from 1 to 1024, or leave it out."],
  [["--jobs", "1e3"], "--jobs 1e3 is no number of threads. Write a number from 1 to 1024, or leave it out."],
  [["--sed", "1"], "unknown flag --sed. Did you mean --seed?"],
  [
    ["--wibble"],
    "unknown flag --wibble. Known: --mode, --spans, --spans-wait, --spans-quiet, --transport, --no-preload, --seed, --seeds, --jobs, --report, --json, --update, --otlp, --otlp-header, --check-determinism, --help.",
  ],
])("run %j is refused", async (flags, sentence) => {
  expect(refusal(await troupe("run", ...flags, "--json"))).toEqual([`troupe run: ${sentence}`]);
});

test.for([
  [
    ["--spans", "otlp"],
    "run --spans: spans of elsewhere are asked for in live alone. Add --mode live, or leave it out.",
  ],
  [
    ["--mode", "live", "--spans", "zipkin"],
    'run --spans: "zipkin" is nowhere that spans come from. Write otlp, otlp:PORT',
  ],
  [["--mode", "live", "--spans", "otlp:0"], "run --spans: 0 is no port. Give a number from 1 to 65535."],
  [["--mode", "live", "--spans", "tempa:http://a.example"], 'there is no store tempa; did you mean "tempo"?'],
  [["--mode", "live", "--spans", "tempo:http://u:secret@a.example"], "the URL holds a user or a password"],
  [
    ["--mode", "live", "--spans-wait", "soon"],
    "run --spans-wait soon: this is no time. Write seconds, from 0 to 86400.",
  ],
  [["--mode", "live", "--spans-wait", "1", "--spans-quiet", "2"], "2 s of silence do not fit into 1 s of waiting"],
  [["--mode", "live", "--jobs", "2"], "run --jobs 2: only one thread can take spans at one port. Leave out --jobs"],
  [["--mode", "live", "--transport", "http"], "live mode has no transports"],
] as const)("run %j is refused: live has its own flags", async ([flags, words]) => {
  const [sentence] = refusal(await troupe("run", ...flags, "--json"));
  expect(sentence).toContain(words);
  expect(sentence).not.toContain("secret");
});

test.each([
  ["rnu", "unknown command rnu. Did you mean run?"],
  [
    "xyzzy",
    "unknown command xyzzy. Known: run, mutate, record, import, replay, compare, show, check, diff, mine, prove, serve, collect.",
  ],
  ["--hlp", "unknown flag --hlp. Did you mean --help?"],
  ["-v", "unknown flag -v. Known: --help, --version."],
])("troupe %s is refused", async (word, sentence) => {
  expect(nearestWord("rnu", COMMAND_NAMES)).toBe("run");
  expect(refusal(await troupe(word))).toEqual([`troupe: ${sentence}`]);
});
