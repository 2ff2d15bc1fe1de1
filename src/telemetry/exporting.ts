import { Agent } from "node:http";
import { TraceFlags } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-node";

/** Sends a provider's spans to a collector. */
export interface Exporting {
  /** For the provider whose spans are to be sent. */
  readonly processor: SpanProcessor;
  /**
   * Resolves once the collector has taken every span that has ended.
   *
   * @throws Error that says how many spans it did not take since the last time, and why.
   */
  flush(): Promise<void>;
  /** As {@link flush}, and sends nothing more. */
  shutdown(): Promise<void>;
}

type ExporterConfig = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>;

const DEFAULT_TIMEOUT_MS = 10_000;
const BATCH_SPANS = 512;
/** The SDK drops what does not fit, in silence; a run's spans must fit. */
const QUEUE_SPANS = 1_048_576;

/**
 * The official OTLP/HTTP exporter, in JSON, behind the SDK's batch processor. `url` is the endpoint, to which
 * `/v1/traces` is added. No `OTEL_*` variable changes anything.
 *
 * A collector that does not answer is asked again until `timeoutMs` is over.
 */
export function exportingTo(url: string, timeoutMs: number = DEFAULT_TIMEOUT_MS): Exporting {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const exporter = withoutOtlpEnvironment(
    () =>
      new OTLPTraceExporter({
        url: `${url}/v1/traces`,
        headers: {},
        timeoutMillis: timeoutMs,
        concurrencyLimit: QUEUE_SPANS / BATCH_SPANS,
        // The enum is of a package that the exporter keeps to itself.
        compression: "none" as NonNullable<ExporterConfig["compression"]>,
        httpAgentOptions: () => agent,
      }),
  );
  const account = new Account(exporter);
  const processor = new CountingProcessor(account, {
    maxQueueSize: QUEUE_SPANS,
    maxExportBatchSize: BATCH_SPANS,
    scheduledDelayMillis: 1000,
    exportTimeoutMillis: 2 * timeoutMs,
  });
  const settled = async (work: () => Promise<void>): Promise<void> => {
    const { ended } = account;
    // Why it failed is in the account.
    await work().catch(() => {});
    // The processor does not wait for a batch that its timer has sent.
    await exporter.forceFlush();
    account.settle(ended);
  };
  return {
    processor,
    flush: () => settled(() => processor.forceFlush()),
    async shutdown() {
      try {
        await settled(() => processor.shutdown());
      } finally {
        agent.destroy();
      }
    },
  };
}

/** What was handed over, and what became of it: the SDK passes failures to a logger that nobody reads. */
class Account implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #reasons = new Set<string>();
  #ended = 0;
  #answered = 0;
  #refused = 0;
  #dropped = 0;

  constructor(exporter: SpanExporter) {
    this.#exporter = exporter;
  }

  /** How many spans have ended so far. */
  get ended(): number {
    return this.#ended;
  }

  countEnded(): void {
    this.#ended++;
  }

  export(spans: ReadableSpan[], onResult: Parameters<SpanExporter["export"]>[1]): void {
    this.#exporter.export(spans, (result) => {
      this.#answered += spans.length;
      if (result.code !== ExportResultCode.SUCCESS) {
        this.#refused += spans.length;
        this.#reasons.add(reasonOf(result.error));
      }
      onResult(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  /** @throws Error when spans were refused, or some of the first `ended` were lost, and it has not said so before. */
  settle(ended: number): void {
    const refused = this.#refused;
    const dropped = Math.max(0, ended - this.#answered - this.#dropped);
    if (dropped > 0) this.#reasons.add("they were dropped before they were sent");
    const why = [...this.#reasons].join("; ");
    this.#refused = 0;
    this.#dropped += dropped;
    this.#reasons.clear();
    const lost = refused + dropped;
    if (lost > 0) throw new Error(`the collector did not take ${lost} ${lost === 1 ? "span" : "spans"}: ${why}`);
  }
}

class CountingProcessor extends BatchSpanProcessor {
  readonly #account: Account;

  constructor(account: Account, options: ConstructorParameters<typeof BatchSpanProcessor>[1]) {
    super(account, options);
    this.#account = account;
  }

  override onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) this.#account.countEnded();
    super.onEnd(span);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "no reason given";
  const detail = "data" in error && typeof error.data === "string" ? ` ${error.data}` : "";
  return (error.message || error.name) + detail;
}

/** The exporter merges headers from the environment into those it is given: there is no option against it. */
function withoutOtlpEnvironment<T>(make: () => T): T {
  const hidden = Object.entries(process.env).filter(([key]) => key.startsWith("OTEL_EXPORTER_OTLP_"));
  for (const [key] of hidden) delete process.env[key];
  try {
    return make();
  } finally {
    Object.assign(process.env, Object.fromEntries(hidden));
  }
}
