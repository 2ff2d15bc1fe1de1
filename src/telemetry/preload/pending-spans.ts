import { spawnSync } from "node:child_process";
import { TraceFlags } from "@opentelemetry/api";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace-node";
import { writeOtlpJson } from "../../format/otlp-write.ts";
import type { Span } from "../../trace/span.ts";
import { post } from "../../wire/post.ts";
import { spanOf } from "../record.ts";

const DELAY_MS = 1000;
const BATCH_SPANS = 512;
const LIMIT_MS = 5000;

/** Posts what it reads from its stdin; a process of its own, since one that exits can wait for nothing else. */
const POST = `
const body = require("node:fs").readFileSync(0);
fetch(process.argv[1], { method: "POST", headers: { "content-type": "application/json" }, body });
`;

/** Spans that have ended and wait to be sent to an OTLP endpoint, as JSON: every second, and at the end. */
export class PendingSpans implements SpanProcessor {
  readonly #url: string;
  #spans: Span[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(endpoint: string) {
    this.#url = `${endpoint.replace(/\/$/, "")}/v1/traces`;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    this.#spans.push(spanOf(span));
    if (this.#spans.length >= BATCH_SPANS) void this.forceFlush();
    this.#timer ??= setTimeout(() => void this.forceFlush(), DELAY_MS).unref();
  }

  /** Sends all that have ended. One that is not taken is told on standard error, and the agent goes on. */
  forceFlush(): Promise<void> {
    const spans = this.#taken();
    if (spans.length > 0) this.#sending = this.#sending.then(() => this.#send(spans));
    return this.#sending;
  }

  shutdown(): Promise<void> {
    return this.forceFlush();
  }

  /** The same without waiting for the event loop, which has stopped where `process.exit` was called. */
  flushSync(): void {
    const spans = this.#taken();
    if (spans.length === 0) return;
    const { NODE_OPTIONS: _, ...env } = process.env;
    spawnSync(process.execPath, ["-e", POST, this.#url], { input: writeOtlpJson(spans), env, timeout: LIMIT_MS });
  }

  #taken(): readonly Span[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const spans = this.#spans;
    this.#spans = [];
    return spans;
  }

  async #send(spans: readonly Span[]): Promise<void> {
    const headers = { "content-type": "application/json" };
    try {
      const request = { url: this.#url, headers, text: writeOtlpJson(spans), signal: AbortSignal.timeout(LIMIT_MS) };
      const { status, text } = await post(request);
      if (status !== 200) throw new Error(`${status} ${text}`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      process.stderr.write(`troupe/register: ${spans.length} spans were not taken at ${this.#url}: ${why}\n`);
    }
  }
}
