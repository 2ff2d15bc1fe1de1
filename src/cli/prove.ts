import { randomInt } from "node:crypto";
import type { PeerKind } from "../check/proof/evidence.ts";
import { type Proof, verdictOf } from "../check/proof/proof.ts";
import { PROOF_LIMITS, type PeerAddress, type ProofLimits } from "../campaign/prove/bench.ts";
import { ERAS, type Era } from "../campaign/prove/era.ts";
import { proveA2a } from "../campaign/prove/a2a.ts";
import { proveMcpClient } from "../campaign/prove/mcp-client.ts";
import type { ToolChoice } from "../campaign/prove/mcp-requests.ts";
import { proveMcpServer } from "../campaign/prove/mcp-server.ts";
import { type Fault, TroupeError, nearestWord } from "../core/errors.ts";
import { type ExitCode, exitCodeOf } from "../report/exit-code.ts";
import { jsonText } from "../report/json.ts";
import { proofJson } from "../report/proof-json.ts";
import { proofMarkdown } from "../report/proof-markdown.ts";
import { proofText } from "../report/proof-text.ts";
import { writeTextFile } from "../wire/files.ts";
import { VERSION } from "../wire/version.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import { type Target, type TargetKinds, readTargets } from "./targets.ts";
import type { Terminal } from "./terminal.ts";

type ProveArguments = Arguments<(typeof COMMANDS)["prove"]>;

/** `troupe prove`: what a peer that somebody else wrote does with trace context. */
export async function prove(args: ProveArguments, terminal: Terminal): Promise<ExitCode> {
  const flags = readFlags(args, terminal);
  const { kind, peer, otlpPort, limits, targets } = flags;
  if (peer.command.length === 0)
    terminal.err.print(`taking the peer's spans at OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:${otlpPort}`);
  const options = { peer, otlpPort, limits, seed: randomInt(2 ** 48 - 1) };
  const proof = await proofOf(kind, options, flags);
  for (const { kind: form, file } of targets) {
    if (file !== undefined) await writeTextFile(file, WRITERS[form](proof));
    else if (form === "text") terminal.out.print(proofText(proof, terminal.out.paint));
    else terminal.out.print(WRITERS[form](proof).trimEnd());
  }
  return exitCodeOf(verdictOf(proof));
}

type ReportKind = "text" | "markdown" | "json";

const KINDS = {
  command: "troupe prove",
  known: ["text", "markdown", "json"],
  later: [],
  amongLines: ["text"],
} as const satisfies TargetKinds<ReportKind>;

const WRITERS: Readonly<Record<ReportKind, (proof: Proof) => string>> = {
  text: (proof) => `${proofText(proof)}\n`,
  markdown: (proof) => proofMarkdown(proof, VERSION),
  json: (proof) => jsonText(proofJson(proof, VERSION)),
};

interface ProveFlags {
  readonly kind: PeerKind;
  readonly peer: PeerAddress;
  readonly tools: ToolChoice;
  readonly transport: "stdio" | "http";
  readonly era: Era | undefined;
  readonly otlpPort: number;
  readonly limits: ProofLimits;
  readonly targets: readonly Target<ReportKind>[];
}

async function proofOf(
  kind: PeerKind,
  options: {
    readonly peer: PeerAddress;
    readonly otlpPort: number;
    readonly limits: ProofLimits;
    readonly seed: number;
  },
  { tools, transport, era }: ProveFlags,
): Promise<Proof> {
  if (kind === "mcp-server") return await proveMcpServer({ ...options, tools, era });
  if (kind === "mcp-client") return await proveMcpClient({ ...options, transport, era });
  return await proveA2a(options);
}

const WHERE = "troupe prove";
const PEER_KINDS = ["mcp-server", "mcp-client", "a2a"] as const satisfies readonly PeerKind[];

/** @throws TroupeError `USAGE` with every fault of the flags. */
function readFlags(args: ProveArguments, { env = {} }: Terminal): ProveFlags {
  const faults: Fault[] = [];
  const { operands, has, value, values } = args;
  const [word = "", ...rest] = operands;
  const kind = PEER_KINDS.find((name) => name === word);
  if (kind === undefined) faults.push(unknownKind(word));
  const isUrl = /^https?:\/\//.test(rest[0] ?? "");
  const [url, command] = isUrl ? [rest[0], rest.slice(1)] : [undefined, rest];
  const peer: PeerAddress = {
    command,
    url,
    env: environmentIn(values("env"), env, faults),
    downstream: values("downstream-env").map((text) => downstreamIn(text, faults)),
  };
  if (kind !== undefined) faults.push(...peerFaults(kind, peer));
  const seconds = numberIn("timeout", value("timeout"), { min: 1, max: 3_600 }, faults);
  const otlpPort = numberIn("otlp-port", value("otlp-port"), { min: 1, max: 65_535 }, faults);
  const tools = toolsIn(has("all-tools"), values("tool"), faults);
  const transport = value("transport") ?? "http";
  if (transport !== "stdio" && transport !== "http")
    faults.push({
      where: `${WHERE} --transport ${transport}`,
      what: "this is no transport of MCP",
      mend: "Known: stdio, http.",
    });
  const era = eraIn(value("era"), kind, faults);
  const targets = readTargets(KINDS, values("report"), has("json"), faults);
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  return {
    kind: kind ?? "mcp-server",
    peer,
    tools,
    transport: transport === "stdio" ? "stdio" : "http",
    era,
    otlpPort: otlpPort ?? (command.length === 0 ? OTLP_PORT : 0),
    limits:
      seconds === undefined ? PROOF_LIMITS : { ...PROOF_LIMITS, answerMs: seconds * 1000, workMs: seconds * 1000 },
    targets: targets.length > 0 ? targets : [{ kind: "text", file: undefined }],
  };
}

/** Where a program that runs already exports to unless it is told. */
const OTLP_PORT = 4318;

function unknownKind(word: string): Fault {
  const nearest = nearestWord(word, PEER_KINDS);
  const mend = nearest === undefined ? `Known: ${PEER_KINDS.join(", ")}.` : `Did you mean ${nearest}?`;
  return { where: WHERE, what: `"${word}" is nothing that can be proved`, mend };
}

function peerFaults(kind: PeerKind, { command, url }: PeerAddress): readonly Fault[] {
  const where = `${WHERE} ${kind}`;
  if (kind === "mcp-client" && (url !== undefined || command.length === 0))
    return [{ where, what: "a client is a program that can be started", mend: `Write ${where} -- COMMAND….` }];
  if (kind === "a2a" && url === undefined)
    return [{ where, what: "the agent's URL is missing", mend: `Write ${where} URL, or URL -- COMMAND….` }];
  if (url === undefined && command.length === 0)
    return [{ where, what: "the server is missing", mend: `Write ${where} -- COMMAND…, or a URL.` }];
  if (url !== undefined && !URL.canParse(url.replace("{port}", "1")))
    return [{ where, what: `${url} is no URL`, mend: "Write one such as http://127.0.0.1:3000/mcp." }];
  if (url?.includes("{port}") === true && command.length === 0)
    return [
      { where, what: "{port} is a port for a command, and there is none", mend: "Write the port, or add -- COMMAND…." },
    ];
  return [];
}

function environmentIn(
  texts: readonly string[],
  own: Readonly<Record<string, string | undefined>>,
  faults: Fault[],
): Readonly<Record<string, string>> {
  const entries = texts.flatMap((text) => {
    const [, name = "", given] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    const value = given ?? own[name];
    if (name !== "" && value !== undefined) return [[name, value] as const];
    const what = name === "" ? "the variable's name is missing" : `${name} is not set here`;
    faults.push({
      where: `${WHERE} --env ${text}`,
      what,
      mend: "Write --env NAME=VALUE, or the NAME of a variable that is set.",
    });
    return [];
  });
  return Object.fromEntries(entries);
}

function downstreamIn(text: string, faults: Fault[]): PeerAddress["downstream"][number] {
  const [, name = "", speaks = "mcp"] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  if (name === "" || (speaks !== "mcp" && speaks !== "http"))
    faults.push({
      where: `${WHERE} --downstream-env ${text}`,
      what: "it names no variable, or neither mcp nor http",
      mend: "Write --downstream-env NAME for an MCP server's URL, or NAME=http for that of a plain endpoint.",
    });
  return { name, speaks: speaks === "http" ? "http" : "mcp" };
}

function toolsIn(isAll: boolean, named: readonly string[], faults: Fault[]): ToolChoice {
  if (isAll && named.length > 0)
    faults.push({ where: WHERE, what: "--all-tools and --tool are both given", mend: "Give one of them." });
  return isAll ? "all" : named.length > 0 ? named : "read-only";
}

function eraIn(text: string | undefined, kind: PeerKind | undefined, faults: Fault[]): Era | undefined {
  if (text === undefined) return undefined;
  const era = ERAS.find((name) => name === text);
  const where = `${WHERE} --era ${text}`;
  if (era === undefined) faults.push({ where, what: "this is no era of MCP", mend: `Known: ${ERAS.join(", ")}.` });
  else if (kind === "a2a") faults.push({ where, what: "A2A has no eras", mend: "Leave it out." });
  return era;
}

function numberIn(
  flag: string,
  text: string | undefined,
  { min, max }: { readonly min: number; readonly max: number },
  faults: Fault[],
): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  faults.push({
    where: WHERE,
    what: `--${flag} ${text} is none that it can be`,
    mend: `Give a number from ${min} to ${max}.`,
  });
  return undefined;
}
