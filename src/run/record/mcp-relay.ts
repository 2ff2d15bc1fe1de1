import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { McpEar } from "../../mock/recorder/mcp.ts";
import { type Child, startChild } from "../../wire/child.ts";
import { stdioConnection } from "../../wire/stdio.ts";
import { exitWords } from "../mock-process.ts";
import type { McpProgram, McpUpstream } from "../upstream.ts";

/** How long a program has to leave once its client has gone, before it is killed. */
const END_MS = 2000;

/** Connects clients to a real server, each apart, and passes messages on between the two, which are heard. */
export class McpRelay {
  readonly #upstream: McpUpstream;
  readonly #ear: McpEar;
  readonly #onFault: (sentence: string) => void;
  readonly #children = new Set<Child>();
  #count = 0;

  constructor(upstream: McpUpstream, ear: McpEar, onFault: (sentence: string) => void) {
    this.#upstream = upstream;
    this.#ear = ear;
    this.#onFault = onFault;
  }

  /** Serves one client. */
  async serve(front: Transport): Promise<void> {
    const upstream = this.#upstream;
    const back = "url" in upstream ? listeningServer(upstream) : this.#program(upstream, front);
    this.#join(front, back, String(++this.#count));
    await back.start();
    await front.start();
  }

  #program({ name, command, env, cwd }: McpProgram, front: Transport): Transport {
    const [program = "", ...args] = command;
    const label = `server ${name}`;
    const folder = cwd === undefined ? {} : { cwd };
    const child = startChild({ command: program, args, env, label, isForeign: true, ...folder });
    this.#children.add(child);
    let isLeft = false;
    child.onExit((exit) => {
      this.#children.delete(child);
      if (!isLeft) this.#onFault(`${label}: ${exitWords(exit)}`);
    });
    const back = stdioConnection(child, (line) =>
      this.#onFault(`${label} printed on standard output what is no MCP message: ${JSON.stringify(line)}`),
    );
    front.onclose = () => {
      isLeft = true;
      void child.end(END_MS);
    };
    return back;
  }

  #join(front: Transport, back: Transport, client: string): void {
    const open = new Set<RequestId>();
    front.onmessage = (message) => {
      this.#ear.asked(client, plain(message));
      if ("method" in message && "id" in message) open.add(message.id);
      // Of a program its end says all there is to say.
      back.send(message).catch(() => ("url" in this.#upstream ? void front.close() : undefined));
    };
    back.onmessage = (message) => {
      this.#ear.answered(client, plain(message));
      if (!("method" in message) && message.id !== undefined) open.delete(message.id);
      // What a server says of its own accord goes where its answer to the latest request will go.
      const relatedRequestId = "method" in message ? [...open].at(-1) : undefined;
      front.send(message, relatedRequestId === undefined ? {} : { relatedRequestId }).catch(() => {});
    };
    back.onclose = () => {
      this.#ear.left(client);
      void front.close();
    };
    if (!("url" in this.#upstream)) return;
    back.onerror = (error) => this.#onFault(`server ${this.#upstream.name}: ${error.message}`);
    front.onclose = () => void back.close();
  }

  /** Once its clients have been closed. */
  async end(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.end(END_MS)));
  }
}

function listeningServer({ url, headers = {} }: Exclude<McpUpstream, McpProgram>): Transport {
  return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
}

/** A message is JSON, which the SDK's types do not say. */
function plain(message: JSONRPCMessage): Parameters<McpEar["asked"]>[1] {
  return JSON.parse(JSON.stringify(message));
}
