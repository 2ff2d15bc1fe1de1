import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { readDocument } from "../format/json-format.ts";
import { parseExactJson } from "../format/json-text.ts";
import { OTLP_JSON } from "../format/otlp-json.ts";
import type { Span } from "../trace/span.ts";
import { MESSAGE_BYTES_MAX, bodyOf, listenOnLoopback, refusalOf } from "../wire/loopback.ts";

/** What came in for one path. */
interface Collected {
  /** In order of arrival. */
  readonly spans: readonly Span[];
  /** Requests that could not be read, and why. */
  readonly faults: readonly string[];
}

/** Takes spans over OTLP/HTTP, apart for each path. */
export interface Collector {
  /** The endpoint for one run, to which exporters add `/v1/traces`. From now on it takes spans for `path`. */
  urlOf(path: string): string;
  /** What has arrived for `path` since it was last asked. */
  take(path: string): Collected;
  close(): Promise<void>;
}

const ROUTE = /^\/runs\/([^/]+)\/v1\/traces$/;

/**
 * What the SDK's exporter makes of NaN and the infinities; the whole batch would be unreadable. That cannot touch the
 * inside of a string, where the quotes would be escaped.
 */
const LOST_DOUBLE = '"doubleValue":null';

const unzip = promisify(gunzip);

/**
 * Opens a collector on 127.0.0.1, on a free port. It reads OTLP/JSON, also gzipped, and no protobuf; a request may have
 * `bodyBytesMax`, unpacked.
 */
export async function openCollector(bodyBytesMax: number = MESSAGE_BYTES_MAX): Promise<Collector> {
  const arrivals = new Map<string, { spans: Span[]; faults: string[] }>();
  const loopback = await listenOnLoopback(0, (request, response) => {
    const refusal = refusalOf(request, loopback.port);
    if (refusal !== undefined) return answer(response, 403, refusal);
    void receive(request, bodyBytesMax).then((received) => {
      const arrived = arrivals.get(received.path);
      if (arrived === undefined) return answer(response, 404, `no run takes spans at ${request.url}`);
      if ("refusal" in received) {
        arrived.faults.push(received.refusal);
        answer(response, received.status, received.refusal);
      } else {
        for (const span of received.spans) arrived.spans.push(span);
        answer(response, 200);
      }
    });
  });
  return {
    urlOf(path) {
      if (!arrivals.has(path)) arrivals.set(path, { spans: [], faults: [] });
      return `http://127.0.0.1:${loopback.port}/runs/${encodeURIComponent(path)}`;
    },
    take(path) {
      const arrived = arrivals.get(path);
      if (arrived === undefined) return { spans: [], faults: [] };
      arrivals.set(path, { spans: [], faults: [] });
      return arrived;
    },
    close: () => loopback.close(),
  };
}

type Received =
  | { readonly path: string; readonly spans: readonly Span[] }
  | { readonly path: string; readonly status: number; readonly refusal: string };

async function receive(request: IncomingMessage, bodyBytesMax: number): Promise<Received> {
  const path = pathOf(request);
  try {
    const { "content-type": type = "", "content-encoding": encoding = "identity" } = request.headers;
    const body = await bodyOf(request, bodyBytesMax);
    const refuse = (status: number, refusal: string): Received => ({ path, status, refusal });
    if (request.method !== "POST") return refuse(405, `${request.method} is no way to export spans`);
    if (!/^application\/json\b/i.test(type)) return refuse(415, `${type || "no content type"} is no OTLP/JSON`);
    if (encoding !== "identity" && encoding !== "gzip")
      return refuse(415, `the content encoding ${encoding} is unknown`);
    if (body === undefined) return refuse(413, `the body is larger than ${bodyBytesMax} bytes`);
    const bytes = encoding === "gzip" ? await unzip(body, { maxOutputLength: bodyBytesMax }) : body;
    const document = parseExactJson(bytes.toString().replaceAll(LOST_DOUBLE, '"doubleValue":"NaN"'));
    return { path, spans: readDocument(OTLP_JSON, document, "export") };
  } catch (error) {
    return { path, status: 400, refusal: error instanceof Error ? error.message : String(error) };
  }
}

/** The run that a request is for, or "" where its path is of no run. */
function pathOf(request: IncomingMessage): string {
  try {
    return decodeURIComponent(ROUTE.exec(request.url ?? "")?.[1] ?? "");
  } catch {
    return "";
  }
}

/** @see OTLP specification, "OTLP/HTTP Response" */
function answer(response: ServerResponse, status: number, message?: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(message === undefined ? { partialSuccess: {} } : { code: 3, message }));
}
