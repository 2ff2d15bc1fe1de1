import { type Fault, TroupeError } from "../core/errors.ts";
import type { McpUpstream } from "../run/upstream.ts";
import type { Upstreams } from "../run/record/proxies.ts";
import { readTextFileSync } from "../wire/files.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import { patternOf } from "./import-flags.ts";
import type { Terminal } from "./terminal.ts";

export type RecordArguments = Arguments<(typeof COMMANDS)["record"]>;

/** Whom to record. */
export type Subject =
  | {
      readonly kind: "command";
      readonly command: readonly string[];
      readonly over: "stdin" | "http";
      readonly lines: "json" | "text";
      readonly env: readonly Variable[];
    }
  | { readonly kind: "service"; readonly url: string }
  /** `FILE#AGENT` */
  | { readonly kind: "module"; readonly path: string };

/** A variable of a command: one of the user's own, whose value is a secret, or one that the command line gives. */
interface Variable {
  readonly name: string;
  readonly value: string;
  readonly isOwn: boolean;
}

export interface RecordFlags {
  readonly subject: Subject;
  readonly says: readonly string[];
  readonly upstreams: Upstreams;
  readonly patterns: readonly RegExp[];
  readonly out: string;
  readonly name: string | undefined;
  readonly isForced: boolean;
  readonly timeoutMs: number;
  readonly port: number;
  readonly transport: "stdio" | "http";
}

const WHERE = "troupe record";
const OUT = "scenarios";
const TIMEOUT_S = 300;

/** @throws TroupeError `USAGE` with every fault of the flags. */
export function readRecordFlags(args: RecordArguments, { env = {} }: Terminal): RecordFlags {
  const { value, values, has } = args;
  const faults: Fault[] = [];
  const fault = (what: string, mend: string): undefined => void faults.push({ where: WHERE, what, mend });
  const number = (flag: "timeout" | "port", fallback: number, min: number, max: number): number => {
    const text = value(flag) ?? String(fallback);
    if (/^\d{1,6}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
    fault(`--${flag} ${text} is none that it can be`, `Give a number from ${min} to ${max}.`);
    return fallback;
  };
  const flags = {
    subject: subjectOf(args, env, fault),
    says: values("say"),
    upstreams: {
      models: {
        openai: modelOf("OPENAI", "https://api.openai.com/v1", env, fault),
        anthropic: modelOf("ANTHROPIC", "https://api.anthropic.com", env, fault),
      },
      mcp: values("mcp").flatMap((text) => mcpOf(text, env, fault)),
      a2a: Object.fromEntries(values("a2a").flatMap((text) => remoteOf(text, fault))),
    },
    patterns: values("redact").flatMap((text) => patternOf(text, fault)),
    out: value("out") ?? OUT,
    name: value("name"),
    isForced: has("force"),
    timeoutMs: number("timeout", TIMEOUT_S, 1, 86_400) * 1000,
    port: number("port", 0, 0, 65_535),
  };
  const transport = value("transport") ?? "http";
  if (transport !== "http" && transport !== "stdio") fault(`--transport ${transport} is unknown`, "Use stdio or http.");
  for (const name of repeated(flags.upstreams.mcp.map((server) => server.name)))
    fault(`two MCP servers are called ${name}`, "Give each a name of its own.");
  const { subject } = flags;
  if (faults.length > 0 || subject === undefined) throw new TroupeError("USAGE", faults);
  return { ...flags, subject, transport: transport === "stdio" ? transport : "http" };
}

type Environment = Readonly<Record<string, string | undefined>>;
type Complain = (what: string, mend: string) => undefined;

function subjectOf(
  { operands, value, values }: RecordArguments,
  env: Environment,
  fault: Complain,
): Subject | undefined {
  const url = value("agent");
  const [first = ""] = operands;
  const variables = values("env").flatMap((text) => variableOf(text, env, fault));
  const over = value("over") ?? "stdin";
  const lines = value("lines") ?? "json";
  if (over !== "stdin" && over !== "http") return fault(`--over ${over} is unknown`, "Use stdin or http.");
  if (lines !== "json" && lines !== "text") return fault(`--lines ${lines} is unknown`, "Use json or text.");
  if (url !== undefined) {
    if (operands.length > 0) return fault("there is a command and an --agent", "Record one of the two.");
    if (isAddress(url)) return { kind: "service", url };
    return fault(`--agent ${url} is no address`, "Write one such as http://127.0.0.1:8080/ask.");
  }
  if (operands.length === 0)
    return fault("there is no agent", "Write its command behind --, as in -- python agent.py.");
  if (operands.length === 1 && /^[^\s#]+\.[cm]?[jt]s#[^#]+$/.test(first)) return { kind: "module", path: first };
  return { kind: "command", command: operands, over, lines, env: variables };
}

function variableOf(text: string, env: Environment, fault: Complain): readonly Variable[] {
  const [, name = "", given] = /^([A-Za-z_]\w*)(?:=([\s\S]*))?$/.exec(text) ?? [];
  if (name === "") return fault(`--env ${text} names no variable`, "Write NAME or NAME=VALUE.") ?? [];
  const value = given ?? env[name];
  if (value === undefined) return fault(`--env ${name} is not set here`, `Set it, or write --env ${name}=VALUE.`) ?? [];
  return [{ name, value, isOwn: given === undefined }];
}

function modelOf(
  vendor: "OPENAI" | "ANTHROPIC",
  usual: string,
  env: Environment,
  fault: Complain,
): Upstreams["models"]["openai"] {
  const url = env[`${vendor}_BASE_URL`] || usual;
  if (!isAddress(url)) fault(`${vendor}_BASE_URL ${url} is no address`, `Write one such as ${usual}, or unset it.`);
  return { url, key: env[`${vendor}_API_KEY`] ?? "" };
}

const NAMED = /^([\w.-]+)=([\s\S]+)$/;

/** Real MCP servers, as `NAME=COMMAND`, `NAME=URL` or a file of a client's configuration names them. */
export function mcpOf(text: string, env: Environment, fault: Complain): readonly McpUpstream[] {
  const [, name = "", what = ""] = NAMED.exec(text) ?? [];
  if (name === "") return text.endsWith(".json") ? configuredIn(text, env, fault) : unnamed("--mcp", text, fault);
  if (/^https?:/.test(what)) return isAddress(what) ? [{ name, url: what }] : badAddress(what, fault);
  return [{ name, command: ["/bin/sh", "-c", `exec ${what}`], env: plain(env) }];
}

function remoteOf(text: string, fault: Complain): readonly (readonly [name: string, url: string])[] {
  const [, name = "", url = ""] = NAMED.exec(text) ?? [];
  if (name === "") return unnamed("--a2a", text, fault);
  return isAddress(url) ? [[name, url]] : badAddress(url, fault);
}

function unnamed(flag: string, text: string, fault: Complain): readonly [] {
  return fault(`${flag} ${text} has no name`, `Write ${flag} NAME=… with a name of letters, digits, . _ and -.`) ?? [];
}

function badAddress(text: string, fault: Complain): readonly [] {
  return fault(`${text} is no address`, "Write one such as http://127.0.0.1:8080/mcp.") ?? [];
}

/** The servers of a file in the form that MCP clients share. */
function configuredIn(file: string, env: Environment, fault: Complain): readonly McpUpstream[] {
  const mend = 'Write {"mcpServers": {"NAME": {"command": "…", "args": []}}}, or a "url".';
  let servers: unknown;
  try {
    servers = Object(JSON.parse(readTextFileSync(file))).mcpServers;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof servers !== "object" || servers === null) return fault(`${file} holds no mcpServers`, mend) ?? [];
  return Object.entries(servers).flatMap(([name, about]): readonly McpUpstream[] => {
    const {
      command,
      args = [],
      url,
      headers = {},
      cwd,
      env: own = {},
    }: Readonly<Record<string, unknown>> = Object(about);
    if (typeof url === "string" && isAddress(url) && isTexts(headers)) return [{ name, url, headers }];
    if (typeof command !== "string" || !isWords(args) || !isTexts(own))
      return fault(`${file}: server ${name} has neither a command nor a url that can be used`, mend) ?? [];
    const folder = typeof cwd === "string" ? { cwd } : {};
    return [{ name, command: [command, ...args], env: { ...plain(env), ...own }, ...folder }];
  });
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === "string");
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === "object" && value !== null && isWords(Object.values(value));
}

function plain(env: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function isAddress(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}

function repeated(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter((name, index) => names.indexOf(name) !== index));
}
