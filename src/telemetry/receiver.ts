import { type OtlpEncoding, type Refusal, type Taken, readExport } from "../format/otlp-exchange.ts";
import type { Span } from "../trace/span.ts";
import { Intake, type IntakeLimits, type IntakeTime } from "../wire/intake.ts";
import { type OtlpListener, type OtlpListening, type OtlpRequest, listenOtlpHttp } from "../wire/otlp-http.ts";

/** One export that could be read, as it came and as its spans. */
export interface Batch extends OtlpRequest {
  readonly encoding: OtlpEncoding;
  readonly spans: readonly Span[];
}

export interface ReceiverOptions {
  /** Where it listens for HTTP on 127.0.0.1; 0, the default, takes a free port. */
  readonly port?: number;
  /** Where it listens for gRPC; nowhere where it is left out. */
  readonly grpcPort?: number;
  readonly limits?: Partial<IntakeLimits>;
  readonly time?: IntakeTime;
  /**
   * Keeps a batch. The exporter is told of success only once this has resolved; what it rejects with, the exporter may send
   * again.
   */
  readonly take: (batch: Batch) => Promise<Taken | void> | Taken | void;
  /** Hears of every request that was not taken, and of spans of a request that were not, by the path it came to. */
  readonly onRefused: (path: string, message: string) => void;
}

/** Takes traces from any OTLP exporter, until it is closed. */
export interface Receiver {
  /** The endpoint over HTTP, to which exporters add `/v1/traces`. */
  readonly url: string;
  readonly grpcUrl: string | undefined;
  /** Takes no more, and resolves once all is answered that came in whole, at most after `graceMs`. */
  stop(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a receiver of OTLP: the one way by which spans of other processes come in.
 *
 * @throws TroupeError `USAGE` when a port is taken, or gRPC is asked for and not installed.
 */
export async function openReceiver(options: ReceiverOptions): Promise<Receiver> {
  const { port = 0, grpcPort, limits, time } = options;
  const intake = new Intake(limits, time);
  const listener: OtlpListener = {
    take: (request) => taken(request, options),
    onRefused: (path, { message }) => options.onRefused(path, message),
  };
  const http = await listenOtlpHttp(port, intake, listener);
  const listening: OtlpListening[] = [http];
  try {
    if (grpcPort !== undefined) {
      const { listenOtlpGrpc } = await import("../wire/otlp-grpc.ts");
      listening.push(await listenOtlpGrpc(grpcPort, intake, listener));
    }
  } catch (error) {
    await http.close();
    throw error;
  }
  const each = async (end: (one: OtlpListening) => Promise<void>): Promise<void> => {
    await Promise.all(listening.map(end));
  };
  return {
    url: http.url,
    grpcUrl: listening[1]?.url,
    stop: (graceMs) => each((one) => one.stop(graceMs)),
    close: () => each((one) => one.close()),
  };
}

async function taken(request: OtlpRequest, { take, onRefused }: ReceiverOptions): Promise<Taken | Refusal> {
  try {
    const read = readExport(request.bytes, request.encoding);
    if ("refused" in read) return read;
    const { spans, ...unread } = read;
    const kept = spans.length === 0 ? undefined : await take({ ...request, spans });
    const rejectedSpans = unread.rejectedSpans + (kept?.rejectedSpans ?? 0);
    const message = [unread.message, kept?.message ?? ""].filter((words) => words !== "").join("; ");
    if (message !== "") onRefused(request.path, message);
    return { rejectedSpans, message };
  } catch (error) {
    return { refused: "unavailable", message: error instanceof Error ? error.message : String(error) };
  }
}
