import { basename, dirname, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { loadAgent } from "../campaign/load-agent.ts";
import { exists } from "../campaign/load.ts";
import { repeatLine } from "../campaign/repeat.ts";
import { TroupeError } from "../core/errors.ts";
import { type AgentCode, commandCode, httpCode, importedCode } from "../recording/agent-code.ts";
import { caseFiles, freeSlug, slugOf } from "../recording/case-files.ts";
import { environmentSecrets } from "../recording/environment-secrets.ts";
import { type Redactor, redactor } from "../recording/redactor.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { endpointsOf } from "../run/endpoints.ts";
import type { RunMessage } from "../run/outcome.ts";
import { prepareThread } from "../run/prepare-thread.ts";
import { type Recorded, record as recordRun, redactedRecording } from "../run/record/session.ts";
import type { Agent } from "../scenario/agent.ts";
import { commandAgent, httpAgent } from "../scenario/foreign-agent.ts";
import { type ScriptStep, user } from "../scenario/scenario.ts";
import { writeTextFile } from "../wire/files.ts";
import { type RecordArguments, type RecordFlags, type Subject, readRecordFlags } from "./record-flags.ts";
import { type Written, recordText } from "./record-text.ts";
import type { Terminal } from "./terminal.ts";

/**
 * `troupe record`: talks with an agent while what it asks passes through proxies to the real world, and writes the
 * conversation as a scenario, a recording and a shape, with nothing secret in them. What goes wrong on the way ends the
 * recording and loses nothing of it.
 */
export async function record(args: RecordArguments, terminal: Terminal): Promise<ExitCode> {
  const flags = readRecordFlags(args, terminal);
  prepareThread();
  const { subject, out } = flags;
  const name = nameOf(subject);
  const slug = slugFor(flags, name);
  const file = join(out, slug, `${slug}.scenario.ts`);
  const { agent, codeOf } = await cast(subject, slugOf(name), file);
  const told = args.has("json") ? terminal.err : terminal.out;
  const stop = new AbortController();
  let stopCode: ExitCode | undefined;
  const forget = terminal.onStop?.((code) => {
    stopCode = code;
    stop.abort();
  });
  const recorded = await recordRun({
    slug,
    agent,
    file,
    upstreams: flags.upstreams,
    script: (messages) => steps(flags.says, messages, terminal, { signal: stop.signal, print: told.print }),
    signal: stop.signal,
    hasPreload: !args.has("no-preload"),
    limits: { replyMs: flags.timeoutMs, requestMs: flags.timeoutMs },
    port: flags.port,
    transport: flags.transport,
    ...(subject.kind === "service"
      ? {
          onOpen: ({ models, mcpServers, a2aAgents }) => {
            terminal.err.print("recording; the service is to find in its environment:");
            for (const [key, value] of Object.entries({
              ...endpointsOf({ models, agent: agent.name }),
              MCP_SERVERS: JSON.stringify({ mcpServers }),
              A2A_AGENTS: JSON.stringify(a2aAgents),
            }))
              terminal.err.print(`export ${key}='${value}'`);
          },
        }
      : {}),
  });
  forget?.();
  if (recorded.exchanges.length === 0) throw nothing(recorded);
  const redacting = redactor({ patterns: flags.patterns, secrets: secretsOf(flags, terminal) });
  const { transport } = flags;
  const written = await write(recorded, redacting, { slug, file, code: codeOf(redacting), out, transport });
  told.print(recordText(written, told.paint));
  if (args.has("json")) terminal.out.print(JSON.stringify(written, undefined, 2));
  return stopCode ?? (written.failures.length > 0 ? 1 : written.isComplete ? 0 : 4);
}

/** What an agent is called where nobody says: as its file, or its program. */
function nameOf(subject: Subject): string {
  if (subject.kind === "service") return "agent";
  if (subject.kind === "module") return subject.path.slice(subject.path.lastIndexOf("#") + 1);
  const [program = "", ...rest] = subject.command;
  const file = rest.find((word) => /^[^-].*\.\w{1,4}$/.test(word)) ?? program;
  return basename(file).replace(/(?:\.agent)?\.\w+$/, "");
}

/** @throws TroupeError `USAGE` where the user's own name is taken. */
function slugFor({ name, out, isForced }: RecordFlags, fallback: string): string {
  const isTaken = (slug: string): boolean => exists(join(out, slug));
  if (name === undefined) return isForced ? slugOf(fallback) : freeSlug(slugOf(fallback), isTaken);
  const slug = slugOf(name);
  if (isForced || !isTaken(slug)) return slug;
  const what = "there is something already, and nothing is overwritten";
  throw new TroupeError("USAGE", { where: join(out, slug), what, mend: "Choose another --name, or add --force." });
}

interface CastAgent {
  readonly agent: Agent;
  /** The agent in a scenario file, with nothing secret in it. */
  readonly codeOf: (redacting: Redactor) => AgentCode;
}

async function cast(subject: Subject, name: string, file: string): Promise<CastAgent> {
  const folder = dirname(file);
  if (subject.kind === "service") {
    const { url } = subject;
    const codeOf = (redacting: Redactor): AgentCode => httpCode({ name, url: redacting.text(url) });
    return { agent: httpAgent(name, { url }), codeOf };
  }
  if (subject.kind === "module") {
    const { agent, exported, file: from } = await loadAgent(subject.path);
    const path = relative(folder, from);
    return { agent, codeOf: () => importedCode(path.startsWith(".") ? path : `./${path}`, exported) };
  }
  const { command, over, lines, env } = subject;
  const cwd = relative(resolve(folder), resolve(".")) || ".";
  const options = { command, over, lines, cwd };
  const given = Object.fromEntries(env.map((one) => [one.name, one.value]));
  const codeOf = (redacting: Redactor): AgentCode => {
    const kept = env.map(({ name: key, value, isOwn }) => {
      const redacted = redacting.text(value);
      // A secret too short to be found elsewhere stays in the environment.
      return [key, isOwn && redacted === value ? true : redacted] as const;
    });
    const words = command.map((word) => redacting.text(word));
    return commandCode(commandAgent(name, { ...options, command: words, env: Object.fromEntries(kept) }));
  };
  return { agent: commandAgent(name, { ...options, env: given }), codeOf };
}

/** What the user says, who is told what was replied. */
async function* steps(
  says: readonly string[],
  messages: readonly RunMessage[],
  { input }: Terminal,
  { signal, print }: { readonly signal: AbortSignal; readonly print: (text: string) => void },
): AsyncGenerator<ScriptStep> {
  const spoken =
    says.length > 0 || input === undefined ? says : createInterface({ input: Readable.from(input), signal });
  for await (const line of spoken) {
    if (line.trim() === "") continue;
    yield user.says(line);
    print(messages.at(-1)?.text ?? "");
    if (signal.aborted) return;
  }
}

/** The environment's, and those of variables that are handed on: whatever they are called, they are the user's own. */
function secretsOf({ subject, upstreams }: RecordFlags, { env = {} }: Terminal): readonly string[] {
  const own = subject.kind === "command" ? subject.env.filter(({ isOwn }) => isOwn).map(({ value }) => value) : [];
  const given = upstreams.mcp.flatMap((one) => environmentSecrets("url" in one ? (one.headers ?? {}) : one.env));
  return [...new Set([...environmentSecrets(env), ...own, ...given])];
}

interface WriteRequest extends Pick<RecordFlags, "out" | "transport"> {
  readonly slug: string;
  /** The scenario's. */
  readonly file: string;
  readonly code: AgentCode;
}

async function write(
  recorded: Recorded,
  redacting: Redactor,
  { slug, file, code, out, transport }: WriteRequest,
): Promise<Written> {
  const { run, isOneTrace } = recorded;
  const recording = redactedRecording(recorded, redacting);
  const files = caseFiles(recording, {
    slug,
    agent: code,
    expect: isOneTrace ? ["oneTrace()"] : [],
    // What a program is given where a scenario says nothing is over HTTP already.
    ...(recorded.offers.length > 0 && (transport === "stdio" || code.from !== undefined) ? { transport } : {}),
  });
  for (const { path, text } of files) await writeTextFile(join(out, path), text);
  const counts: Record<string, number> = {};
  for (const { kind } of recording.exchanges) counts[kind] = (counts[kind] ?? 0) + 1;
  return {
    files: files.map(({ path }) => join(out, path)),
    exchanges: counts,
    replaced: recording.replaced,
    lacks: recording.lacks,
    failures: recorded.failures.map((words) => redacting.text(words)),
    isComplete: run.unsettled.length === 0 && recorded.missing.length === 0,
    repeat: repeatLine(file, 1, { mode: code.from === undefined ? "wire" : "sim", checkDeterminism: false }),
  };
}

function nothing({ failures }: Recorded): TroupeError {
  const [why = "nobody said anything to it"] = failures;
  const what = `nothing was recorded: ${why}`;
  return new TroupeError("USAGE", { where: "troupe record", what, mend: 'Say something, as in --say "Hello".' });
}
