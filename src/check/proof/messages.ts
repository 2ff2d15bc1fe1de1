import { isMcpLifecycle } from "../../trace/conventions.ts";
import type { CarrierFields } from "../../trace/evidence.ts";
import type { Span } from "../../trace/span.ts";
import { losses } from "./contexts.ts";
import { type Finding, type Heard, type Proved, cannotTell, no, notDue, yes } from "./evidence.ts";
import { type Carriage, carriageOf, carriageWords, contextIn, fieldsDue } from "./onward.ts";
import { judgeRecording } from "./recorded.ts";

/** What is known of a client besides its messages. */
export interface ClientEvidence {
  /** What its environment brought: `TRACEPARENT` and the like, under the names of the W3C fields. */
  readonly given: CarrierFields;
  /** What it exported. */
  readonly spans: readonly Span[];
}

/**
 * Judges each message of an MCP client by the carrier that it brought, and by the span that this names.
 *
 * A client need not read its environment, and a message of the lifecycle need not carry anything: what is left out there
 * is told, and breaks nothing.
 */
export function judgeMessages(heard: readonly Heard[], evidence: ClientEvidence): readonly Proved[] {
  const spans = new Map(evidence.spans.map((span) => [`${span.traceId}-${span.spanId}`, span]));
  return heard.map((message) => {
    const carriage = carriageOf(message);
    const { context } = carriage;
    const span = context === undefined ? undefined : spans.get(`${context.traceId}-${context.spanId}`);
    return {
      subject: message,
      carriers: message.carriers,
      carrier: carrierName(message),
      context: context === undefined ? (carriage.cause === "not-injected" ? "absent" : "malformed") : "valid",
      read: readOf(carriage, evidence),
      kept: keptIn(message, carriage, evidence),
      passedOn: passedOnIn(message, carriage),
      recorded: recordedIn(message, { carriage, span, evidence }),
    };
  });
}

function carrierName({ protocol, carriers: { meta, header } }: Heard): string {
  if (protocol === "environment") return "environment";
  const places = [
    ...(Object.keys(meta).length > 0 ? ["_meta"] : []),
    ...(Object.keys(header).length > 0 ? ["header"] : []),
  ];
  return places.length === 0 ? "none" : places.join(", ");
}

function isOfGiven({ context }: Carriage, { given }: ClientEvidence): boolean {
  return context !== undefined && context.traceId === contextIn(given)?.traceId;
}

function readOf(carriage: Carriage, evidence: ClientEvidence): Finding {
  if (isOfGiven(carriage, evidence)) return yes("it continues TRACEPARENT of its environment");
  if (carriage.context === undefined) return cannotTell("the message names no trace");
  return notDue("it begins a trace of its own; a client need not read TRACEPARENT of its environment");
}

function keptIn(message: Heard, carriage: Carriage, evidence: ClientEvidence): Finding {
  if (!isOfGiven(carriage, evidence)) return notDue("it continues no trace of ours");
  const { traceparent: _, ...more } = evidence.given;
  const lost = losses(more, fieldsDue(message.protocol, message.carriers));
  return lost.length === 0 ? yes(["trace id", ...Object.keys(more)].join(", ")) : no(lost.join("; "), "re-rooted");
}

function passedOnIn(message: Heard, carriage: Carriage): Finding {
  const { context, cause } = carriage;
  if (context !== undefined)
    return yes(`${message.protocol === "mcp" ? "params._meta" : "its environment"} carries a context`);
  const words = `it ${carriageWords(message, carriage)}`;
  if (message.protocol === "environment") return notDue(`${words}; MCP has params._meta for that`);
  const isOptional = isMcpLifecycle(message.method) && cause === "not-injected";
  return isOptional
    ? notDue(`${words}, which a message of the lifecycle need not`)
    : no(words, cause ?? "not-injected");
}

interface Named {
  readonly carriage: Carriage;
  readonly span: Span | undefined;
  readonly evidence: ClientEvidence;
}

function recordedIn(message: Heard, { carriage: { context }, span, evidence }: Named): Finding {
  if (message.protocol === "environment") return notDue("no span is due for a start");
  if (evidence.spans.length === 0) return cannotTell("it exported no span at all");
  if (context === undefined) return cannotTell("the message names no span");
  if (span !== undefined) return judgeRecording(span, { ...message, peer: "mcp-client" });
  if (!context.isSampled) return notDue("its flags ask for no span");
  if (context.spanId === contextIn(evidence.given)?.spanId)
    return no("no span tells of the message: it passes the context of its environment on as it came");
  return no("the span that the message names as its parent was never exported", "never-exported");
}
