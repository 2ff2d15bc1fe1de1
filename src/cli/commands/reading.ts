import { type Command, SOURCES } from "./command.ts";

export const SHOW = {
  summary: "Draw the trees of trace files and say what is wrong with them.",
  operands: { text: "FILE…", min: 1, max: Number.POSITIVE_INFINITY },
  flags: {
    all: { help: "Draw every span and trace: fold nothing, leave nothing out." },
    explain: {
      value: "SPAN",
      isMany: true,
      help: "Instead: by which rule each field of a span was recognised. Its id, or how it begins; may be repeated.",
    },
    json: { help: "One JSON document on standard output: formats, dialects, and a summary of each trace." },
  },
  notes: [SOURCES],
} as const satisfies Command;

export const CHECK = {
  summary: "Check traces against shapes, and say how healthy they are.",
  operands: { text: "TRACE…", min: 1, max: Number.POSITIVE_INFINITY },
  flags: {
    shape: {
      value: "FILE",
      isMany: true,
      help: "A shape that the traces have to match. May be given several times.",
    },
    each: {
      help: "Hold each trace against the shapes by itself, instead of all of them together; for any number of traces.",
    },
    rules: {
      help: "Look at the health of the traces also where shapes are given; without shapes it is always done.",
    },
    budget: {
      value: "FILE",
      help: "Which rules count and how much, and limits on figures; it decides the exit code.",
    },
    policy: {
      value: "FILE",
      help: "What a tail sampler has to keep, and the traces from before it: whether it did.",
    },
    report: {
      value: "KIND[=FILE]",
      isMany: true,
      help: "text, json, junit or sarif; to FILE, or else to standard output. May be given several times.",
    },
    json: { help: "One JSON document on standard output: what show prints, the verdict, and the health." },
  },
  notes: [
    SOURCES,
    "Where a part of a file cannot be read, what it may have held is missing: exit code 4.",
    "Rules, figures, budgets and policies: docs/health.md.",
  ],
} as const satisfies Command;

export const DIFF = {
  summary: "Draw what differs between the trees of two trace files.",
  operands: { text: "BEFORE AFTER", min: 2, max: 2 },
  flags: {
    all: { help: "Draw every span, also the unchanged ones." },
    json: { help: "One JSON document on standard output: what show prints of both, and the differences." },
  },
  notes: [
    "Marks: + added, - removed, ~ changed or renamed, → moved. It ends with 0 where nothing differs, else with 1.",
    "Ids, times, HTTP and protocol spans, and the order of spans that were at work at one time, are no difference.",
  ],
} as const satisfies Command;

export const MINE = {
  summary: "Gather many traces by semantic shape, the failing and the rare ones first.",
  operands: { text: "[TRACE…]", min: 0, max: Number.POSITIVE_INFINITY },
  flags: {
    compare: {
      value: "FILE",
      help: "Say which shapes are new, gone, more or less frequent than in what --out wrote.",
    },
    merge: {
      value: "FILE",
      isMany: true,
      help: "Add what --out wrote of other traces. May be given several times, also without TRACE.",
    },
    top: { value: "N", help: "How many shapes are drawn. Default: 20." },
    counts: { help: "Tell a loop of three rounds from one of five." },
    out: { value: "FILE", help: "Also write the document of --json to FILE, for --merge and --compare." },
    json: { help: "One JSON document on standard output: every shape, how often it is and what it takes." },
  },
  notes: [
    SOURCES,
    "It needs memory for the shapes and for the traces that are open, not for all traces. Large files are read twice.",
  ],
} as const satisfies Command;
