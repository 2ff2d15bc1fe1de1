import { type Command, LIVE_FLAGS, SOURCES } from "./command.ts";

export const IMPORT = {
  summary: "Make cases out of traces: a scenario, a recording and a shape, which run at once.",
  operands: { text: "[TRACE…]", min: 0, max: Number.POSITIVE_INFINITY },
  flags: {
    out: { value: "FOLDER", help: "Where the cases go, each in a folder of its own." },
    name: { value: "NAME", help: "What the case is called. Default: what the trace is about." },
    trace: { value: "ID", isMany: true, help: "Of many traces this one. May be given several times." },
    redact: {
      value: "PATTERN",
      isMany: true,
      help: "A regular expression for what is sensitive besides secrets, e-mail addresses and the like. May be repeated.",
    },
    from: {
      value: "FILE",
      help: "Instead of TRACE: what troupe mine --out wrote; a case for each shape, kept as a suite.",
    },
    top: { value: "N", help: "How many conversations or shapes at most. Default: 20." },
    failing: { help: "With --from: only shapes of which a trace failed." },
    force: { help: "Write over cases of the same name." },
    json: { help: "One JSON document on standard output: the cases, what was replaced, what they lack." },
  },
  notes: [
    SOURCES,
    "Traces of one session make one case. What is sensitive is replaced before anything is written: docs/replay.md.",
  ],
} as const satisfies Command;

export const REPLAY = {
  summary: "Replay recorded conversations with your agents, and name every change of their trees.",
  operands: { text: "DIR|TRACE…", min: 1, max: Number.POSITIVE_INFINITY },
  flags: {
    agent: {
      value: "SPEC",
      isMany: true,
      help: "An agent in place of the recorded one of its name, or of the first: FILE#NAME, URL, a2a:URL, chat:URL#MODEL, a command.",
    },
    mode: {
      value: "live",
      help: "Where the agent is no part of this machine. Default: sim, or wire where that is needed.",
    },
    ...LIVE_FLAGS,
    miss: {
      value: "fail|nearest|model|live",
      help: "What becomes of a question that was not recorded. Default: nearest; model makes an answer up, live calls a real tool.",
    },
    mcp: {
      value: "NAME=COMMAND|URL|FILE",
      isMany: true,
      help: "With --miss live: the real MCP server behind a recorded one; or a file with mcpServers.",
    },
    "allow-call": {
      value: "SERVER/TOOL",
      isMany: true,
      help: "With --miss live: a tool that may change the world and is called all the same. May be repeated.",
    },
    "expect-change": {
      value: "FILE",
      isMany: true,
      help: "Changes that are wanted: lines of shapes under added, removed, moved and changed.",
    },
    seed: { value: "N", help: "What chance is drawn from. Default: 1." },
    jobs: { value: "N", help: "How many threads replay cases. Default: as many as are worth it, up to the cores." },
    json: { help: "One JSON document on standard output: every case, each change, each match, what each step took." },
  },
  notes: [
    "A case is what troupe import and troupe record write: NAME.recording.json, and its scenario where you changed it.",
    "First each case is replayed with everything recorded. One that Troupe cannot reproduce is in quarantine: exit code 4.",
    "A change that nobody declared, and a declared one that did not happen, end with 1. More: docs/replaying.md.",
  ],
} as const satisfies Command;

export const COMPARE = {
  summary: "Run two variants over the same scenarios and seeds, and name the pairs that flipped.",
  operands: { text: "A B", min: 2, max: 2 },
  flags: {
    cases: {
      value: "PATH",
      isMany: true,
      help: "Scenarios in which A and B are agents (FILE#NAME, a URL, a command). May be given several times.",
    },
    mode: { value: "sim|wire", help: "How the parts are wired. Default: sim." },
    seed: { value: "N", help: "The one seed. Default: 1." },
    seeds: { value: "N|A..B", help: "Many seeds: 1 to N, or A to B." },
    jobs: { value: "N", help: "How many threads play runs. Default: as many as are worth it, up to the cores." },
    json: { help: "One JSON document on standard output: both variants, every pair, and what flipped." },
  },
  notes: [
    "Without --cases, A and B are scenario files or folders whose scenarios have the same names, or one scenario each.",
    "It ends with 1 where B failed at anything that A passed. What chance can do is stated: McNemar's exact test.",
  ],
} as const satisfies Command;
