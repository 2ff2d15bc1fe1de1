import { context } from "@opentelemetry/api";
import type { Agent } from "node:http";
import { inject } from "../../telemetry/carrier.ts";
import type { LedgerEntry } from "../../trace/evidence.ts";
import { type PostReply, post } from "../../wire/post.ts";
import { replyEntry } from "../../wire/http-exchange.ts";
import type { Stage } from "../stage.ts";
import type { Said } from "./port.ts";

/** A request to an agent over HTTP. */
export interface AgentRequest extends Omit<Said, "message"> {
  readonly to: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal: AbortSignal;
  readonly sockets?: Agent;
}

/**
 * Posts JSON to an agent, with the active context in W3C headers; the ledger hears of what leaves and what comes back.
 *
 * @throws Error that says why it could not be asked.
 */
export async function askOverHttp(stage: Stage, request: AgentRequest): Promise<PostReply> {
  const { from, to, method, url, headers = {}, body, signal, sockets } = request;
  const text = JSON.stringify(body);
  const lane = `${from.service.name}>${to}`;
  const entry = {
    message: `${lane}#${stage.occurrence(`http/${lane}`)}`,
    from: from.service.name,
    to,
    agent: to,
    protocol: "http",
    transport: "http",
    method,
    role: "request",
    carrier: inject(context.active()),
    text,
  } as const satisfies Omit<LedgerEntry, "end" | "timeUnixNano">;
  const { sent, arriving } = stage.rewrite(entry.carrier, entry);
  stage.ledger.sent({ ...entry, carrier: sent });
  const type = { "content-type": "application/json", accept: "application/json, text/plain" };
  try {
    const reply = await post({
      url,
      headers: { ...type, ...headers, ...arriving },
      text,
      signal,
      ...(sockets === undefined ? {} : { agent: sockets }),
    });
    stage.ledger.received(replyEntry(entry, reply.text, reply.status));
    return reply;
  } catch (error) {
    throw new Error(`it could not be asked at ${url}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Where several addresses were tried, the error itself says nothing. */
function reasonOf(error: unknown): string {
  const { message, code }: Readonly<Record<string, unknown>> = Object(error);
  return String(message || code || error);
}
