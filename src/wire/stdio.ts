import type { Readable, Writable } from "node:stream";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  JSONRPCErrorResponseSchema,
  type JSONRPCMessage,
  JSONRPCNotificationSchema,
  JSONRPCRequestSchema,
  JSONRPCResultResponseSchema,
  type RequestId,
} from "@modelcontextprotocol/sdk/types.js";
import type { Child } from "./child.ts";
import { LineSplitter, RUBBISH_SHOWN } from "./lines.ts";
import type { TextTransport } from "./decorated-transport.ts";

/**
 * The client's end of MCP over a child's stdin and stdout.
 *
 * A line that is no JSON-RPC message goes to `onRubbish`, its first 200 characters, and the connection goes on. Closing
 * does not end the child: the next connection reads on where this one stopped. When the child ends, so does the
 * connection.
 */
export function stdioConnection(child: Child, onRubbish: (line: string) => void): Transport {
  return new LineTransport({
    input: child.stdout,
    output: child.stdin,
    peer: child.label,
    isOver: () => child.isOver,
    onOver: (listener) => child.onExit(listener),
    onRubbish: () => onRubbish,
  });
}

/**
 * The server's end of MCP over this process's stdin and stdout. One may follow another, which the SDK's own transport
 * does not allow: it leaves the input paused. Lines that are no message go to `onerror`; the input's end closes it, once all is answered that was asked.
 */
export function stdioServing(input: Readable, output: Writable): Transport {
  return new LineTransport({
    input,
    output,
    peer: "the client",
    isOver: () => input.readableEnded || input.destroyed,
    onOver: (listener) => {
      input.once("close", listener).once("end", listener);
      return () => input.off("close", listener).off("end", listener);
    },
    onRubbish: (transport) => (line) => transport.onerror?.(new Error(`this line is no JSON-RPC message: ${line}`)),
  });
}

interface Pipes {
  readonly input: Readable;
  readonly output: Writable;
  readonly peer: string;
  readonly isOver: () => boolean;
  readonly onOver: (listener: () => void) => () => unknown;
  readonly onRubbish: (transport: Transport) => (line: string) => void;
}

class LineTransport implements TextTransport {
  onmessage?: NonNullable<TextTransport["onmessage"]>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #pipes: Pipes;
  readonly #onRubbish: (line: string) => void;
  readonly #lines: LineSplitter;
  #release: (() => void) | undefined;
  readonly #unanswered = new Set<RequestId | undefined>();
  /** Lines that leave at the end of this turn of the event loop, and what resolves when they have left. */
  #unsent = "";
  #writing: Promise<void> | undefined;
  #hasEnded = false;
  #isClosed = false;

  constructor(pipes: Pipes) {
    this.#pipes = pipes;
    this.#onRubbish = pipes.onRubbish(this);
    this.#lines = new LineSplitter(this.#onRubbish);
  }

  start(): Promise<void> {
    const { input, output, onOver, isOver, peer } = this.#pipes;
    if (this.#isClosed || isOver()) return Promise.reject(new Error(`${peer} has gone`));
    const onData = (chunk: Buffer): void => this.#take(chunk);
    const onError = (error: Error): void => this.onerror?.(error);
    input.on("data", onData).on("error", onError);
    output.on("error", onError);
    const unsubscribe = onOver(() => this.#end());
    this.#release = () => {
      input.off("data", onData).off("error", onError);
      output.off("error", onError);
      unsubscribe();
    };
    input.resume();
    return Promise.resolve();
  }

  send(message: JSONRPCMessage, _options?: unknown, text: string = JSON.stringify(message)): Promise<void> {
    const { output, peer } = this.#pipes;
    if (this.#isClosed || output.destroyed) return Promise.reject(new Error(`${peer} has gone`));
    if (!("method" in message)) this.#unanswered.delete(message.id);
    this.#unsent += `${text}\n`;
    return (this.#writing ??= new Promise((resolve, reject) => {
      process.nextTick(() => this.#write(resolve, reject));
    }));
  }

  /** What was sent in one turn of the event loop leaves as one: a write for each costs more than the messages do. */
  #write(resolve: () => void, reject: (error: Error) => void): void {
    const { output, peer } = this.#pipes;
    const lines = this.#unsent;
    this.#unsent = "";
    this.#writing = undefined;
    // By its callback and not by `drain`, which takes a listener for each write that waits.
    output.write(lines, (error) => {
      if (error) reject(new Error(`${peer} has gone`, { cause: error }));
      else resolve();
      if (this.#hasEnded) this.#end();
    });
  }

  /** What was asked before the input ended, as by a pipe into a server, is still answered. */
  #end(): void {
    this.#hasEnded = true;
    if (this.#unanswered.size === 0 || this.#pipes.output.destroyed) void this.close();
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    const { input } = this.#pipes;
    this.#release?.();
    input.pause();
    const rest = this.#lines.rest();
    if (rest.length > 0 && !input.readableEnded && !input.destroyed) input.unshift(rest);
    this.onclose?.();
    return Promise.resolve();
  }

  #take(chunk: Buffer): void {
    this.#lines.append(chunk);
    while (!this.#isClosed) {
      const line = this.#lines.next();
      if (line === undefined) return;
      const message = this.#messageIn(line);
      if (message === undefined) continue;
      if ("method" in message && "id" in message) this.#unanswered.add(message.id);
      this.onmessage?.(message, undefined, line.trim());
    }
  }

  #messageIn(line: string): JSONRPCMessage | undefined {
    try {
      const value: unknown = JSON.parse(line);
      return schemaOf(Object(value)).parse(value);
    } catch {
      if (line.trim() !== "") this.#onRubbish(line.trim().slice(0, RUBBISH_SHOWN));
      return undefined;
    }
  }
}

/** The one of the four kinds that it can be. The SDK tries them in turn, which costs a reply two failures. */
function schemaOf(value: object): { parse(value: unknown): JSONRPCMessage } {
  if ("method" in value) return "id" in value ? JSONRPCRequestSchema : JSONRPCNotificationSchema;
  return "result" in value ? JSONRPCResultResponseSchema : JSONRPCErrorResponseSchema;
}
