import { fstatSync } from "node:fs";
import type { Fault } from "../core/errors.ts";
import { TroupeError } from "../core/errors.ts";
import { writeOtlpJson } from "../format/otlp-write.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { counted } from "../report/wording.ts";
import { forwardingTo } from "../telemetry/forwarding.ts";
import { type Batch, type Receiver, openReceiver } from "../telemetry/receiver.ts";
import { CompleteTraces } from "../trace/completion.ts";
import { type LineFile, openLineFile } from "../wire/files.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import { readOtlpTarget } from "./otlp-target.ts";
import type { Terminal } from "./terminal.ts";

type CollectArguments = Arguments<(typeof COMMANDS)["collect"]>;

const HTTP_PORT = 4318;
/** How long requests that have begun may take when it is to end. */
const GRACE_MS = 5_000;
/** More of them say nothing new. */
const REASONS_MAX = 100;

/**
 * `troupe collect`: takes the traces of any OTLP exporter and writes them as OTLP/JSON, one request a line. An exporter is
 * told of success once its line is written, so that nothing is lost that was taken, however this ends.
 */
export async function collect(args: CollectArguments, terminal: Terminal): Promise<ExitCode> {
  const flags = readFlags(args, terminal);
  const { err } = terminal;
  let begin: (output: LineFile) => void = () => {};
  const output = new Promise<LineFile>((resolve) => (begin = resolve));
  const forwarding = flags.target === undefined ? undefined : forwardingTo(flags.target);
  const counts = { spans: 0, requests: 0 };
  const refused = new Map<string, number>();
  const traces = new CompleteTraces();
  let end: (failure?: unknown) => void = () => {};
  const ended = new Promise<unknown>((resolve) => (end = resolve));
  const take = async (batch: Batch): Promise<void> => {
    try {
      await (await output).write(writeOtlpJson(batch.spans));
    } catch (error) {
      end(error);
      throw new Error("the collector cannot write any more", { cause: error });
    }
    counts.spans += batch.spans.length;
    counts.requests++;
    forwarding?.send({ ...batch, spans: batch.spans.length });
    if (flags.traces === undefined) return;
    traces.add(batch.spans);
    if (traces.count >= flags.traces) end();
  };
  const onRefused = (_path: string, message: string): void => {
    const reason = refused.has(message) || refused.size < REASONS_MAX ? message : "for further reasons";
    refused.set(reason, (refused.get(reason) ?? 0) + 1);
  };
  const { port, grpcPort } = flags;
  const receiver = await openReceiver({ port, ...(grpcPort === undefined ? {} : { grpcPort }), take, onRefused });
  if (flags.target?.url.startsWith(`${receiver.url}/`) === true) {
    await receiver.close();
    throw new TroupeError("USAGE", { where: "--forward", what: "this is the collector itself", mend: "Name another." });
  }
  // Not before: where the port is taken, what the file holds must stay.
  begin(
    await openOutput(flags.out, terminal).catch((error: unknown) => receiver.close().then(() => Promise.reject(error))),
  );
  err.print(pasteText(receiver, flags));
  const forget = terminal.onStop?.(() => end());
  endOfInput(() => end());
  const failure = await ended;
  forget?.();
  await receiver.stop(GRACE_MS);
  await (await output).close();
  const notes = await forwarding?.finish();
  err.print(`${counted(counts.spans, "span")} of ${counted(counts.requests, "request")} in ${flags.out}`);
  for (const [message, times] of refused) err.print(`not taken${times === 1 ? "" : `, ${times} times`}: ${message}`);
  for (const note of notes ?? []) err.print(err.paint.warn(note));
  if (failure !== undefined) throw failure;
  if (flags.traces === undefined || traces.count >= flags.traces) return 0;
  err.print(`${traces.count} of ${flags.traces} traces were complete, and ${traces.incomplete} had begun`);
  return 4;
}

interface CollectFlags {
  readonly port: number;
  readonly grpcPort: number | undefined;
  readonly out: string;
  /** How many complete traces end it. */
  readonly traces: number | undefined;
  readonly target: ReturnType<typeof readOtlpTarget>;
}

/** @throws TroupeError `USAGE` with every fault of the flags. */
function readFlags({ value, values }: CollectArguments, { env = {} }: Terminal): CollectFlags {
  const faults: Fault[] = [];
  const number = (flag: "port" | "grpc-port" | "traces", min: number, max: number): number | undefined => {
    const text = value(flag);
    if (text === undefined || (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max))
      return text === undefined ? undefined : Number(text);
    const mend = `Give a number from ${min} to ${max}.`;
    faults.push({ where: "troupe collect", what: `--${flag} ${text} is none that it can be`, mend });
    return undefined;
  };
  const [port = HTTP_PORT, grpcPort, traces] = [
    number("port", 0, 65_535),
    number("grpc-port", 0, 65_535),
    number("traces", 1, 1_000_000),
  ];
  const target = readOtlpTarget("--forward", { url: value("forward"), headers: values("otlp-header") }, env, faults);
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  return { port, grpcPort, out: value("out") ?? "-", traces, target };
}

async function openOutput(path: string, { out }: Terminal): Promise<LineFile> {
  if (path !== "-") return await openLineFile(path);
  return {
    async write(line) {
      if (out.printAll === undefined) out.print(line);
      else await out.printAll(line);
    },
    close: () => Promise.resolve(),
  };
}

/** What to give an exporter. */
function pasteText({ url, grpcUrl }: Receiver, { out, traces }: CollectFlags): string {
  const until = traces === undefined ? "Ctrl-C ends it" : `it ends after ${counted(traces, "complete trace")}`;
  const variables = (endpoint: string, protocol: string): readonly string[] => [
    `  OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`,
    `  OTEL_EXPORTER_OTLP_PROTOCOL=${protocol}`,
  ];
  return [
    `collecting traces at ${url} to ${out === "-" ? "standard output" : out}; ${until}. For the program that exports:`,
    ...variables(url, "http/protobuf"),
    ...(grpcUrl === undefined ? [] : ["or over gRPC:", ...variables(grpcUrl, "grpc")]),
    "and, as no other signal is taken:",
    "  OTEL_METRICS_EXPORTER=none",
    "  OTEL_LOGS_EXPORTER=none",
  ].join("\n");
}

/** A pipe that ends is a wish to stop. A terminal is not read, and the null device of a background job says nothing. */
function endOfInput(onEnd: () => void): void {
  const about = fstatSync(process.stdin.fd);
  if (about.isFIFO() || about.isSocket()) process.stdin.once("end", onEnd).once("close", onEnd).resume();
}
