import { type Command, LIVE_FLAGS } from "./command.ts";

export const RUN = {
  summary: "Run scenarios and judge their trace trees.",
  operands: { text: "[PATHS…]", min: 0, max: Number.POSITIVE_INFINITY },
  flags: {
    mode: {
      value: "sim|wire|live",
      help: "How the parts are wired: one process and a virtual clock, real processes, agents elsewhere. Default: sim.",
    },
    ...LIVE_FLAGS,
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
    "In live, agents run where they are, such as in staging, and their spans are asked for: docs/staging.md.",
    "--report github prints annotations; its FILE is the job summary, by default that of GitHub's step.",
  ],
} as const satisfies Command;

export const RECORD = {
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
} as const satisfies Command;

export const SERVE = {
  summary: "Serve one mock server, remote agent or model of a file to any client.",
  operands: { text: "FILE#NAME", min: 1, max: 1 },
  flags: {
    transport: { value: "stdio|http|ws", help: "What it speaks. Default: stdio; a remote agent speaks http." },
    port: { value: "N", help: "Where it listens, over http and ws. Default: 0, a free port." },
    host: {
      value: "HOST",
      help: "A name or address to listen at; beyond this machine it needs a token. Default: 127.0.0.1.",
    },
    "public-url": {
      value: "URL",
      help: "What clients call it by, where a proxy stands before it: in its card, and in what it prints.",
    },
    token: {
      value: "TOKEN",
      help: "What every request has to bring as a bearer token. Default: TROUPE_TOKEN, if it is set.",
    },
    seed: { value: "N", help: "What its chance is drawn from. Default: 1." },
    scenario: { value: "NAME", help: "Whose mock it is, where several in the file have that name." },
  },
  notes: ["It prints what to paste into a client's configuration, and ends with its input or with Ctrl-C."],
} as const satisfies Command;

export const COLLECT = {
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
} as const satisfies Command;
