import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import {
  CONTENT_TYPES,
  REFUSALS,
  type OtlpEncoding,
  type Refusal,
  type Taken,
  writeAnswer,
} from "../format/otlp-exchange.ts";
import { type Intake, tooLarge } from "./intake.ts";
import { type Listening, listenOnLoopback, refusalOf } from "./loopback.ts";

/** One export request, whole and unpacked. */
export interface OtlpRequest {
  /** What stands before `/v1/traces` in the request's path; "" over gRPC. */
  readonly path: string;
  readonly encoding: OtlpEncoding;
  readonly bytes: Uint8Array;
}

/** What happens to the requests that come in. */
export interface OtlpListener {
  readonly take: (request: OtlpRequest) => Promise<Taken | Refusal>;
  /** Hears of requests that did not come to be taken. */
  readonly onRefused: (path: string, refusal: Refusal) => void;
}

/** Something that takes exports, until it is closed. */
export interface OtlpListening extends Listening {
  readonly port: number;
  /** Takes no more, and resolves once all is answered that came in whole; what takes longer than `graceMs` is cut off. */
  stop(graceMs: number): Promise<void>;
}

const ROUTE = /^(.*?)\/(v1\/traces|v1\/metrics|v1\/logs|v1development\/profiles)\/?(?:\?.*)?$/;
const IDLE_MS = 60_000;
const RETRY_AFTER_S = 1;

const UNPACK: Readonly<Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
};

/**
 * Takes OTLP over HTTP on 127.0.0.1: traces in protobuf and JSON, plain or packed with gzip or deflate, at any path that
 * ends with `/v1/traces`.
 *
 * @throws TroupeError `USAGE` when the port is taken.
 */
export async function listenOtlpHttp(port: number, intake: Intake, listener: OtlpListener): Promise<OtlpListening> {
  const crowded = new WeakSet<Socket>();
  const atWork = new Set<Promise<void>>();
  let connections = 0;
  let isStopping = false;
  const loopback = await listenOnLoopback(port, (request, response) => {
    const host = refusalOf(request, loopback.port);
    const early: Refusal | undefined =
      host !== undefined ? { refused: "forbidden", message: host } : isStopping ? STOPPING : roomFor(request.socket);
    const work = serve(request, response, { intake, listener, early }).finally(() => atWork.delete(work));
    atWork.add(work);
  });
  loopback.server.keepAliveTimeout = IDLE_MS;
  loopback.server.maxConnections = 2 * intake.limits.connectionsMax;
  loopback.server.on("connection", (socket: Socket) => {
    if (++connections > intake.limits.connectionsMax) crowded.add(socket);
    socket.once("close", () => connections--);
  });
  const roomFor = (socket: Socket): Refusal | undefined =>
    crowded.has(socket)
      ? { refused: "unavailable", message: `more than ${intake.limits.connectionsMax} connections are open` }
      : undefined;
  return {
    url: `http://127.0.0.1:${loopback.port}`,
    port: loopback.port,
    async stop(graceMs) {
      isStopping = true;
      loopback.server.closeIdleConnections();
      await new Promise<void>((resolve) => {
        const cancel = intake.time.after(graceMs, resolve);
        void Promise.all(atWork).then(() => {
          cancel();
          resolve();
        });
      });
      await loopback.close();
    },
    close: () => loopback.close(),
  };
}

const STOPPING: Refusal = { refused: "unavailable", message: "the receiver is about to end" };

interface Serving {
  readonly intake: Intake;
  readonly listener: OtlpListener;
  /** Why nothing of this request is looked at. */
  readonly early: Refusal | undefined;
}

async function serve(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const { intake, listener } = serving;
  const path = pathOf(request);
  const encoding = encodingOf(request.headers["content-type"]);
  const cancel = intake.time.after(intake.limits.bodyMs, () => {
    if (request.complete) return;
    const message = `the request did not come in within ${intake.limits.bodyMs / 1000} s`;
    if (!response.headersSent) refuse({ refused: "too-slow", message });
    // Only now, and whether or not it was answered: what still comes is of no use.
    if (response.writableFinished) request.destroy();
    else response.once("finish", () => request.destroy());
  });
  request.once("close", cancel);
  const refuse = (refusal: Refusal): void => {
    listener.onRefused(path, refusal);
    answer(response, refusal, encoding ?? "json");
  };
  const refusal = serving.early ?? unfit(request) ?? intake.admit();
  if (refusal !== undefined || encoding === undefined) return refuse(refusal ?? wrongType(request));
  let held = 0;
  try {
    const body = await bodyOf(request, intake, (bytes) => (held += bytes));
    if (response.headersSent) return;
    if ("refused" in body) return refuse(body);
    const bytes = await unpacked(body, request.headers["content-encoding"], intake.limits.bodyBytesMax);
    if ("refused" in bytes) return refuse(bytes);
    const taken = await listener.take({ path, encoding, bytes });
    if ("refused" in taken) refuse(taken);
    else answer(response, taken, encoding);
  } finally {
    intake.letGo(held);
  }
}

/** What is wrong with a request before its body. */
function unfit(request: IncomingMessage): Refusal | undefined {
  const [, , signal] = ROUTE.exec(request.url ?? "") ?? [];
  if (signal === undefined)
    return { refused: "not-found", message: `there is nothing at ${request.url}: traces go to /v1/traces` };
  if (signal !== "v1/traces") return tracesOnly(signal);
  if (request.method !== "POST")
    return { refused: "wrong-method", message: `${request.method} is no way to export spans: POST them` };
  return undefined;
}

/** Why metrics, logs and profiles are not taken, and how to keep an SDK from sending them. */
export function tracesOnly(signal: string): Refusal {
  const word = /metrics|logs/.exec(signal)?.[0];
  const mend = word === undefined ? "" : `: set OTEL_${word.toUpperCase()}_EXPORTER=none`;
  return { refused: "not-found", message: `Troupe takes traces and no ${word ?? "profiles"}${mend}` };
}

function wrongType({ headers: { "content-type": type } }: IncomingMessage): Refusal {
  const known = Object.values(CONTENT_TYPES).join(" and ");
  return { refused: "wrong-type", message: `${type ?? "no content type"} is not OTLP, which is ${known}` };
}

function encodingOf(type = ""): OtlpEncoding | undefined {
  const [word = ""] = type.toLowerCase().split(";");
  if (word.trim() === CONTENT_TYPES.json) return "json";
  return word.trim() === CONTENT_TYPES.protobuf ? "protobuf" : undefined;
}

function pathOf({ url = "" }: IncomingMessage): string {
  return ROUTE.exec(url)?.[1] ?? "";
}

/**
 * A request's body, as far as there is room for it. What comes after a refusal is read and thrown away: a client that is
 * still writing does not read the answer.
 */
function bodyOf(request: IncomingMessage, intake: Intake, onHeld: (bytes: number) => void): Promise<Buffer | Refusal> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isRefused = false;
    request.on("data", (chunk: Buffer) => {
      if (isRefused) return;
      const refusal = intake.hold(chunk.length, bytes);
      if (refusal !== undefined) {
        isRefused = true;
        chunks.length = 0;
        return resolve(refusal);
      }
      onHeld(chunk.length);
      bytes += chunk.length;
      chunks.push(chunk);
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    // Without an error listener a client that dies half way would end the process.
    request.on("error", () => {});
    request.once("close", () => resolve({ refused: "invalid", message: `the request broke off after ${bytes} bytes` }));
  });
}

async function unpacked(body: Buffer, coding = "identity", bodyBytesMax: number): Promise<Buffer | Refusal> {
  if (coding === "identity") return body;
  const unpack = UNPACK[coding.trim().toLowerCase()];
  if (unpack === undefined) {
    const known = Object.keys(UNPACK).join(" and ");
    return { refused: "wrong-type", message: `the content encoding ${coding} is unknown; known are ${known}` };
  }
  try {
    return await unpack(body, { maxOutputLength: bodyBytesMax });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE")
      return tooLarge(bodyBytesMax);
    return { refused: "invalid", message: `the body is no ${coding}: ${error instanceof Error ? error.message : ""}` };
  }
}

function answer(response: ServerResponse, what: Taken | Refusal, encoding: OtlpEncoding): void {
  const status = "refused" in what ? REFUSALS[what.refused].http : 200;
  const body = writeAnswer(what, encoding);
  response.statusCode = status;
  response.setHeader("content-type", CONTENT_TYPES[encoding]);
  response.setHeader("content-length", body.length);
  if (status === 429 || status === 503) response.setHeader("retry-after", RETRY_AFTER_S);
  response.end(body);
}
