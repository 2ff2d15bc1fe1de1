import { MUTATIONS } from "../scenario/survivor.ts";

/** One flag of a command. `value` names what it takes; a flag without one is on or off. */
export interface Flag {
  readonly value?: string;
  readonly help: string;
  readonly isMany?: true;
}

export interface Command {
  readonly summary: string;
  /** What stands after the command's name besides flags. */
  readonly operands: { readonly text: string; readonly min: number; readonly max: number };
  readonly flags: Readonly<Record<string, Flag>>;
  readonly notes?: readonly string[];
}

const SOURCES =
  "A trace file may be packed with gzip or zstd; a folder is all trace files in it, - is standard input; https://… and tempo:URL#TRACEID, jaeger:, langfuse:, phoenix: are asked for.";

/** The one table of commands: parsing, help and the words offered for a mistyped one all come from here. */
export const COMMANDS = {
  run: {
    summary: "Run scenarios and judge their trace trees.",
    operands: { text: "[PATHS…]", min: 0, max: Number.POSITIVE_INFINITY },
    flags: {
      mode: { value: "sim", help: "How the parts are wired. Default: sim, one process and a virtual clock." },
      transport: { value: "stdio|http|ws", help: "What mock servers speak, in wire mode." },
      "no-preload": { help: "Give Python programs no sitecustomize of Troupe's, which takes up their trace context." },
      seed: { value: "N|random", help: "The one seed, an integer from 0 to 2^53-1, or a drawn one. Default: 1." },
      seeds: { value: "N|A..B", help: "Many seeds: 1 to N, or A to B." },
      jobs: { value: "N", help: "How many threads play runs. Default: as many as are worth it, up to the cores." },
      report: {
        value: "KIND[=FILE]",
        isMany: true,
        help: "text, json, junit or github; to FILE, or else to standard output. May be given several times.",
      },
      json: { help: "One JSON document on standard output, everything else on standard error." },
      update: {
        help: "Write the shape files that are missing, and refresh those that the runs do not match; never under CI.",
      },
      otlp: {
        value: "URL",
        help: "Send the spans of every run to an OTLP endpoint too; what fails is noted, and decides nothing.",
      },
      "otlp-header": {
        value: "NAME=VALUE",
        isMany: true,
        help: "A header for --otlp, besides OTEL_EXPORTER_OTLP_HEADERS.",
      },
      "check-determinism": { help: "Run each plan again, here and in a fresh process, and name the first difference." },
    },
    notes: [
      "PATHS are scenario files and folders. Default: scenarios.",
      "--report github prints annotations; its FILE is the job summary, by default that of GitHub's step.",
    ],
  },
  record: {
    summary: "Record one conversation with an agent, and write it as a scenario that runs offline.",
    operands: { text: "[-- COMMAND… | FILE#AGENT]", min: 0, max: Number.POSITIVE_INFINITY },
    flags: {
      say: {
        value: "TEXT",
        isMany: true,
        help: "What the user says, one after the other. Default: lines of the input.",
      },
      agent: { value: "URL", help: "Record a service that is there already, in place of a command." },
      over: { value: "stdin|http", help: "Where a command takes its messages. Default: stdin." },
      lines: { value: "json|text", help: 'What a line to its stdin holds: {"text": …}, or the text. Default: json.' },
      env: {
        value: "NAME[=VALUE]",
        isMany: true,
        help: "Give the command a variable: your own, whose value is kept secret, or this one.",
      },
      mcp: {
        value: "NAME=COMMAND|URL|FILE",
        isMany: true,
        help: "A real MCP server; or a file with mcpServers. The agent finds its proxy in MCP_SERVERS.",
      },
      a2a: { value: "NAME=URL", isMany: true, help: "A real remote agent. The agent finds its proxy in A2A_AGENTS." },
      transport: { value: "stdio|http", help: "Over what the agent reaches MCP servers. Default: http." },
      redact: { value: "REGEX", isMany: true, help: "Replace what matches too; with a group named value, that alone." },
      name: { value: "NAME", help: "What the scenario is called. Default: as the agent's file." },
      out: { value: "FOLDER", help: "Where the scenario's folder is written. Default: scenarios." },
      force: { help: "Overwrite the files of a scenario of this name." },
      timeout: { value: "SECONDS", help: "How long one answer of the agent may take. Default: 300." },
      port: { value: "N", help: "Where the model's proxy listens, for --agent. Default: 0, a free port." },
      "no-preload": { help: "Give Python programs no sitecustomize of Troupe's, which takes up their trace context." },
      json: { help: "One JSON document on standard output: the files, what was replaced, and what is missing." },
    },
    notes: [
      "OPENAI_BASE_URL, ANTHROPIC_BASE_URL and their keys say where the real models are; the agent gets dummy keys.",
      "What may be secret is replaced before anything is written: docs/recording.md.",
    ],
  },
  mutate: {
    summary: "Break each hop of a scenario in turn, and say which expectation notices.",
    operands: { text: "SCENARIO…", min: 1, max: Number.POSITIVE_INFINITY },
    flags: {
      mode: { value: "sim", help: "How the parts are wired. Default: sim, one process and a virtual clock." },
      transport: { value: "stdio|http|ws", help: "What mock servers speak, in wire mode." },
      seed: { value: "N|random", help: "The one seed, an integer from 0 to 2^53-1, or a drawn one. Default: 1." },
      jobs: { value: "N", help: "How many threads play runs. Default: as many as are worth it, up to the cores." },
      only: { value: "MUTATION", isMany: true, help: "Break hops in this way alone. May be given several times." },
      "once-per-kind": { help: "Of messages with the same ends and the same method, break the first alone." },
      survivors: { value: "N", help: "How many may survive without failing. Default: 0." },
      json: { help: "One JSON document on standard output, everything else on standard error." },
    },
    notes: [
      "SCENARIO is a scenario file, file#name, or a folder.",
      `Mutations: ${MUTATIONS.join(", ")}.`,
      "A scenario accepts survivors with its `survivors`, each with a reason. docs/mutation.md says more.",
    ],
  },
  serve: {
    summary: "Serve one mock server, remote agent or model of a file to any client.",
    operands: { text: "FILE#NAME", min: 1, max: 1 },
    flags: {
      transport: { value: "stdio|http|ws", help: "What it speaks. Default: stdio; a remote agent speaks http." },
      port: { value: "N", help: "Where it listens on 127.0.0.1, over http and ws. Default: 0, a free port." },
      seed: { value: "N", help: "What its chance is drawn from. Default: 1." },
      scenario: { value: "NAME", help: "Whose mock it is, where several in the file have that name." },
    },
    notes: ["It prints what to paste into a client's configuration, and ends with its input or with Ctrl-C."],
  },
  collect: {
    summary: "Collect the traces of any program that exports OTLP.",
    operands: { text: "", min: 0, max: 0 },
    flags: {
      port: { value: "N", help: "Where it listens for OTLP/HTTP on 127.0.0.1. Default: 4318; 0 takes a free port." },
      "grpc-port": { value: "N", help: "Where it listens for gRPC too; needs the package @grpc/grpc-js." },
      out: {
        value: "FILE|-",
        help: "Where the traces go, as OTLP/JSON, a request a line; the file is written anew. Default: -.",
      },
      traces: { value: "N", help: "End once N traces are complete: their root has come, and every parent." },
      forward: { value: "URL", help: "Send what is taken on to another OTLP endpoint too." },
      "otlp-header": {
        value: "NAME=VALUE",
        isMany: true,
        help: "A header for --forward, besides OTEL_EXPORTER_OTLP_HEADERS.",
      },
    },
    notes: [
      "It prints what to set for the exporting program, and ends with Ctrl-C or with the pipe that it reads from.",
      "It takes requests up to 64 MiB, packed or not. troupe show and troupe check read what it writes.",
    ],
  },
  show: {
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
  },
  check: {
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
  },
  diff: {
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
  },
  replay: {
    summary: "Replay recorded conversations with your agents, and name every change of their trees.",
    operands: { text: "DIR|TRACE…", min: 1, max: Number.POSITIVE_INFINITY },
    flags: {
      agent: {
        value: "SPEC",
        isMany: true,
        help: "An agent in place of the recorded one of its name, or of the first: FILE#NAME, a URL, or a command.",
      },
      miss: {
        value: "fail|nearest|model",
        help: "What becomes of a question that was not recorded. Default: nearest; model makes an answer up.",
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
  },
  compare: {
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
  },
  mine: {
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
  },
  prove: {
    summary: "Say what an MCP server, an MCP client or an A2A agent of anybody does with trace context.",
    operands: { text: "mcp-server|mcp-client|a2a [URL] [-- COMMAND…]", min: 1, max: Number.POSITIVE_INFINITY },
    flags: {
      "all-tools": { help: "Call every tool, also those that may change the world; each up to seven times." },
      tool: {
        value: "NAME",
        isMany: true,
        help: "Call this tool and not those that are annotated readOnlyHint, which are called by default.",
      },
      "downstream-env": {
        value: "NAME[=http]",
        isMany: true,
        help: "A variable that holds where to send on to: the URL of an MCP server of Troupe's, or of a plain HTTP endpoint.",
      },
      env: {
        value: "NAME[=VALUE]",
        isMany: true,
        help: "Set a variable, or hand on your own; it has PATH, HOME, LANG.",
      },
      transport: { value: "stdio|http", help: "What the server speaks that a client is given. Default: http." },
      timeout: {
        value: "SECONDS",
        help: "The most that an answer may take, default 10, or a client's work, default 60.",
      },
      "otlp-port": {
        value: "N",
        help: "Where spans are taken on 127.0.0.1. Default: 4318 for what runs already, a free port for a command.",
      },
      report: {
        value: "KIND[=FILE]",
        isMany: true,
        help: "text, markdown or json; to FILE, or else to standard output. May be given several times.",
      },
      json: { help: "One JSON document on standard output: every message and what was found of it." },
    },
    notes: [
      "A server over stdio is a COMMAND; one over HTTP and an agent are a URL, with a COMMAND if it is to be started: {port} in",
      "both is a free port, also in PORT. A client finds the server in MCP_SERVERS, in the file MCP_CONFIG, as {url} and {config}.",
      "0: no context was lost where it can be told. 1: context is lost, or an error recorded as none. 4: nothing can be told,",
      "or the peer could not be spoken to. 2: it could not be started.",
    ],
  },
  import: {
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
  },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

export const EXIT_CODES =
  "Exit codes: 0 passed, 1 failed, 2 the definition or the command is wrong, 3 Troupe itself failed, 4 inconclusive, 130 stopped by Ctrl-C.";
