import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Heard } from "../../check/proof/evidence.ts";
import { TroupeError } from "../../core/errors.ts";
import type { Environment } from "../../run/endpoints.ts";
import { exporting, inherited } from "../../run/foreign/environment.ts";
import { exitWords } from "../../run/mock-process.ts";
import { type Receiver, openReceiver } from "../../telemetry/receiver.ts";
import type { Span } from "../../trace/span.ts";
import { type Child, startChild } from "../../wire/child.ts";
import { freePort, isAnswering } from "../../wire/port.ts";
import { WALL_CLOCK, after } from "../../wire/system-clock.ts";
import type { Era } from "./era.ts";
import { type FarEnd, type Introduction, openFarEnd } from "./far-end.ts";

/** How long a proof waits for a peer, in milliseconds. */
export interface ProofLimits {
  /** For an answer, and for a program to listen. */
  readonly answerMs: number;
  /** For a client to do its work and end by itself. */
  readonly workMs: number;
  /** Without another export of spans before no more are waited for. */
  readonly quietMs: number;
  /** For a program to end when it is asked to. */
  readonly endMs: number;
}

export const PROOF_LIMITS: ProofLimits = { answerMs: 10_000, workMs: 60_000, quietMs: 2_000, endMs: 5_000 };

/** A peer as the command line names it: a program, something that listens, or both. */
export interface PeerAddress {
  /** Words, no shell line; `{url}`, `{config}` and `{port}` in them stand for what a program is given. */
  readonly command: readonly string[];
  /** Where it listens; `{port}` in it stands for a free one, which the program finds in `PORT`. */
  readonly url: string | undefined;
  /** What its environment has besides. */
  readonly env: Environment;
  /** Variables that hold where to send on to: our MCP server, or our plain HTTP endpoint. */
  readonly downstream: readonly { readonly name: string; readonly speaks: "mcp" | "http" }[];
}

/** A peer as its user named it. */
export function subjectOf({ command, url }: PeerAddress): string {
  return [...(url === undefined ? [] : [url]), ...(command.length === 0 ? [] : [command.join(" ")])].join(" -- ");
}

export interface BenchOptions {
  readonly peer: PeerAddress;
  readonly limits: ProofLimits;
  /** Where spans are taken on 127.0.0.1. */
  readonly otlpPort: number;
  /** What our server is called over, in the configuration that a program is given. */
  readonly transport?: "stdio" | "http";
  /** What alone our server speaks. Default: either era. */
  readonly era?: Era | undefined;
  /** More of a program's environment, such as `TRACEPARENT`. */
  readonly context?: Environment;
}

/** What stands around a peer while it is proved: where its spans go, and where it sends on to. */
export interface Bench {
  readonly spans: readonly Span[];
  readonly heard: readonly Heard[];
  /** How a client introduced itself to our server. */
  readonly introduction: () => Introduction;
  /** The peer's URL, as it is now; `undefined` for one over stdio. */
  readonly url: string | undefined;
  /** The program; `undefined` for one that runs already. */
  readonly child: Child | undefined;
  /** Resolves once `isEnough` holds, or no span has come for `quietMs`. */
  settle(isEnough: (spans: readonly Span[]) => boolean): Promise<void>;
  /**
   * Ends the program, by `signal` where one is given and else by the end of its stdin, takes what it still exports, and
   * removes all that was made. Returns what may be missing, a sentence each.
   */
  close(signal?: NodeJS.Signals): Promise<readonly string[]>;
}

/** As POSIX shells say that there is no such command, or none that may be started. */
const NOT_STARTED: readonly (number | null)[] = [126, 127];

/** Why a program ended that should not have; half a sentence. @throws TroupeError `USAGE` where it never began. */
export async function whyEnded(child: Child, { command }: PeerAddress): Promise<string> {
  const exit = await child.exited;
  if (!NOT_STARTED.includes(exit.code)) return `it ended: ${exitWords(exit)}`;
  const what =
    exit.stderrTail
      .trim()
      .split(/\bexec: /)
      .at(-1) ?? "";
  throw new TroupeError("USAGE", {
    where: command.join(" "),
    what: `it cannot be started (${what})`,
    mend: MEND_START,
  });
}

const MEND_START = "Name a program and its arguments, as a shell would have them behind --.";

/**
 * Opens what a peer needs, and starts it where it is a program.
 *
 * @throws TroupeError `USAGE` when it cannot be started, or does not listen where it should.
 */
export async function openBench(options: BenchOptions): Promise<Bench> {
  const { peer, limits, otlpPort } = options;
  const intake = new Spans(limits.quietMs);
  const refused = new Set<string>();
  const receiver = await openReceiver({
    port: otlpPort,
    take: ({ spans }) => intake.take(spans),
    onRefused: (_, message) => refused.add(`spans were not taken: ${message}`),
  });
  const farEnd = await openFarEnd(WALL_CLOCK, options.era);
  const folder = await mkdtemp(join(tmpdir(), "troupe-"));
  const port = peer.command.length > 0 && asksForPort(peer) ? await freePort() : undefined;
  const child = peer.command.length === 0 ? undefined : await started(options, { receiver, farEnd, folder, port });
  const url = peer.url?.replace("{port}", String(port));
  const close = async (signal?: NodeJS.Signals): Promise<readonly string[]> => {
    const isOver = child?.isOver ?? true;
    const exit = await child?.end(limits.endMs, signal);
    await receiver.stop(limits.endMs);
    await farEnd.close();
    await rm(folder, { recursive: true, force: true });
    const hung =
      isOver || exit?.why === undefined ? [] : [`${exit.why}, and was killed: what it had not exported is lost`];
    return [...refused, ...hung];
  };
  if (child !== undefined && url !== undefined) {
    const why = await whyNotAnswering(child, url, limits);
    if (why !== undefined) {
      await close("SIGTERM");
      throw new TroupeError("USAGE", {
        where: peer.command.join(" "),
        what: why,
        mend: "Start it by hand to see why.",
      });
    }
  }
  const settle = (isEnough: (spans: readonly Span[]) => boolean): Promise<void> => intake.settle(isEnough);
  const { heard, introduction } = farEnd;
  return { spans: intake.spans, heard, introduction, url, child, settle, close };
}

function asksForPort({ url, command }: PeerAddress): boolean {
  return [url ?? "", ...command].some((word) => word.includes("{port}"));
}

/** Spans as they come in. */
class Spans {
  readonly spans: Span[] = [];
  readonly #quietMs: number;
  #onSpans: () => void = () => {};

  constructor(quietMs: number) {
    this.#quietMs = quietMs;
  }

  take(spans: readonly Span[]): void {
    for (const span of spans) this.spans.push(span);
    this.#onSpans();
  }

  settle(isEnough: (spans: readonly Span[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      let cancel = (): void => {};
      const end = (): void => {
        this.#onSpans = () => {};
        resolve();
      };
      this.#onSpans = () => {
        cancel();
        if (isEnough(this.spans)) end();
        else cancel = after(this.#quietMs, end);
      };
      this.#onSpans();
    });
  }
}

interface Given {
  readonly receiver: Receiver;
  readonly farEnd: FarEnd;
  readonly folder: string;
  readonly port: number | undefined;
}

async function started({ peer, transport = "http", context = {} }: BenchOptions, given: Given): Promise<Child> {
  const { receiver, farEnd, folder, port } = given;
  const config = join(folder, "mcp.json");
  const entry = transport === "stdio" ? farEnd.stdio : { type: "http", url: farEnd.mcpUrl };
  const servers = { mcpServers: { troupe: entry } };
  await writeFile(config, JSON.stringify(servers, undefined, 2));
  const words: Environment = { url: farEnd.mcpUrl, config, port: String(port) };
  const [command = "", ...args] = peer.command.map((word) =>
    word.replaceAll(/\{(url|config|port)\}/g, (_, key) => words[key] ?? ""),
  );
  const urls = peer.downstream.map(({ name, speaks }) => [name, speaks === "mcp" ? farEnd.mcpUrl : farEnd.httpUrl]);
  return startChild({
    command,
    args,
    label: "the peer",
    isForeign: true,
    folder,
    env: {
      ...inherited(),
      MCP_SERVERS: JSON.stringify(servers),
      MCP_CONFIG: config,
      ...exporting(receiver.url),
      // By default a batch waits for five seconds, and a proof with it.
      OTEL_BSP_SCHEDULE_DELAY: "200",
      OTEL_SERVICE_NAME: "peer",
      ...(port === undefined ? {} : { PORT: String(port) }),
      ...context,
      ...Object.fromEntries(urls),
      ...peer.env,
    },
  });
}

/** Why a program does not answer where it should listen; `undefined` when it does. */
async function whyNotAnswering(child: Child, url: string, { answerMs }: ProofLimits): Promise<string | undefined> {
  child.stdout.resume();
  const given = new AbortController();
  const cancel = after(answerMs, () => given.abort());
  const forget = child.onExit(() => given.abort());
  const isUp = await isAnswering(url, given.signal);
  cancel();
  forget();
  if (child.isOver) return exitWords(await child.exited);
  return isUp ? undefined : `nothing answered at ${url} within ${answerMs / 1000} s`;
}
