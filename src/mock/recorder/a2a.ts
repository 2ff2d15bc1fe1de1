import { inSpan } from "../../telemetry/spans.ts";
import { servingA2a } from "../../telemetry/a2a-spans.ts";
import { ATTR } from "../../trace/conventions.ts";
import { CARD_PATH, callIn, outcomeIn } from "../../wire/a2a-exchange.ts";
import { type HttpReply, type ReadRequest, isEventStream } from "../../wire/http-exchange.ts";
import type { Passage, PassedReply } from "../../wire/http-proxy.ts";
import { jsonOf, readEvents } from "../model-api/dialect.ts";
import type { Hearing } from "./hearing.ts";

/** By which a remote agent is told something, as of A2A 1.0 and of 0.3. */
const MESSAGE_METHODS: ReadonlySet<string> = new Set([
  "SendMessage",
  "SendStreamingMessage",
  "message/send",
  "message/stream",
]);

/**
 * Passes A2A over JSON-RPC on to the remote agent whose card lies at an address, and tells what it was asked and answered.
 * Its card names the proxy in its place; its spans are made here, as its mock would make them.
 */
export function a2aPassages(name: string, upstream: string, hearing: Hearing): (request: ReadRequest) => Passage {
  // Where the card says that it answers, which may be elsewhere.
  let { origin } = new URL(upstream);
  return (request) => {
    const { pathname, search, origin: proxy } = new URL(request.url);
    const isCard = request.method === "GET" && pathname.endsWith(CARD_PATH);
    let hear: (reply: PassedReply) => void = () => {};
    const reply = new Promise<PassedReply>((resolve) => (hear = resolve));
    void served(name, request, reply, hearing);
    return {
      url: `${isCard ? new URL(upstream).origin : origin}${pathname}${search}`,
      ...(isCard ? { rewrite: (card) => card.replaceAll((origin = originIn(card) ?? origin), proxy) } : {}),
      hear,
    };
  };
}

/** Where an agent's card says that it speaks JSON-RPC: in its interfaces, or in the one address of an older card. */
function originIn(card: string): string | undefined {
  const { supportedInterfaces, url }: Readonly<Record<string, unknown>> = Object(jsonOf(card));
  const interfaces: readonly unknown[] = Array.isArray(supportedInterfaces) ? supportedInterfaces : [];
  const spoken = interfaces.find((one) => Object(one).protocolBinding === "JSONRPC");
  const address: unknown = Object(spoken).url ?? url;
  return typeof address === "string" && URL.canParse(address) ? new URL(address).origin : undefined;
}

async function served(
  name: string,
  request: ReadRequest,
  reply: Promise<PassedReply>,
  hearing: Hearing,
): Promise<void> {
  const service = hearing.service(name);
  const { method } = callIn(request);
  const isMessage = MESSAGE_METHODS.has(method);
  const startMs = hearing.nowMs();
  const work = async (): Promise<HttpReply> => {
    const passed = await reply;
    if ("unreachable" in passed) return { status: 502, headers: new Headers(), body: passed.unreachable };
    const { status, headers, text } = passed;
    return { status, headers, body: text };
  };
  const attributes = { [ATTR.operation]: "invoke_agent", [ATTR.agentName]: name };
  const endpoint = (): Promise<HttpReply> =>
    isMessage ? inSpan(service.tracer, { name: `invoke_agent ${name}`, attributes }, work) : work();
  await servingA2a(endpoint, service, name)({ ...request, signal: new AbortController().signal });
  const passed = await reply;
  if (isMessage) tell(name, request, { reply: passed, startMs }, hearing);
  else if (request.method === "POST")
    hearing.lack({
      what: `agent ${name} was asked for ${method}`,
      consequence: "its mock keeps tasks of its own, and answers by them",
    });
}

function tell(
  name: string,
  request: ReadRequest,
  { reply, startMs }: { readonly reply: PassedReply; readonly startMs: number },
  { agent, nowMs, exchange, lack }: Hearing,
): void {
  const asked: unknown = Object(Object(Object(jsonOf(request.text)).params).message).parts;
  const heard = "unreachable" in reply ? refused(reply.unreachable) : heardIn(reply.text, reply.headers);
  const { words = "", state = null, error } = heard;
  exchange({
    kind: "ask",
    agent: callIn(request).agent ?? agent,
    to: name,
    startMs,
    durationMs: nowMs() - startMs,
    text: textsIn(asked),
    reply: error?.message ?? words,
    state: error === undefined ? state : "failed",
    ...(error === undefined && heard.words === undefined ? { missing: ["answer"] } : {}),
  });
  if (heard.hasArtifacts === true)
    lack({ what: `agent ${name} answered with artifacts`, consequence: "its mock answers with the words alone" });
}

interface HeardAnswer extends Partial<ReturnType<typeof outcomeIn>> {
  /** What was said last. */
  readonly words?: string;
  readonly hasArtifacts?: boolean;
}

function refused(message: string): HeardAnswer {
  return { error: { code: "502", message } };
}

function heardIn(text: string, headers: Headers): HeardAnswer {
  const type = headers.get("content-type");
  const messages = isEventStream(type) ? readEvents(text).map(({ data }) => data) : [jsonOf(text)];
  let heard: HeardAnswer = outcomeIn(text, type);
  for (const message of messages) {
    const { result }: Readonly<Record<string, unknown>> = Object(message);
    const { task, message: said, statusUpdate, artifactUpdate }: Readonly<Record<string, unknown>> = Object(result);
    // A result of 0.3 is the task, or the message, itself.
    const told = Object(task ?? statusUpdate ?? said ?? result);
    const parts: unknown = told.parts ?? Object(told.status?.message).parts;
    const hasArtifacts = artifactUpdate !== undefined || told.artifact !== undefined || told.artifacts?.length > 0;
    heard = {
      ...heard,
      ...(Array.isArray(parts) ? { words: textsIn(parts) } : told.status === undefined ? {} : { words: "" }),
      ...(hasArtifacts ? { hasArtifacts } : {}),
    };
  }
  return heard;
}

/** The words of a message, a part a line. */
function textsIn(parts: unknown): string {
  const list: readonly unknown[] = Array.isArray(parts) ? parts : [];
  return list.flatMap((part) => (typeof Object(part).text === "string" ? [Object(part).text] : [])).join("\n");
}
