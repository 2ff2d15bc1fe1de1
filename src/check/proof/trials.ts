import { ATTR } from "../../trace/conventions.ts";
import type { Span } from "../../trace/span.ts";
import { losses } from "./contexts.ts";
import {
  type Evidence,
  type Finding,
  type PeerKind,
  type Proved,
  type Trial,
  cannotTell,
  no,
  notDue,
  yes,
} from "./evidence.ts";
import { carriageOf, carriageWords, fieldsDue } from "./onward.ts";
import { isHttp, judgeRecording } from "./recorded.ts";
import { type View, viewsOf } from "./view.ts";

/**
 * Judges each message that Troupe sent to a peer by what came of it. Nothing is inferred from silence: where nothing was
 * exported, or nothing went on, the answer is that this cannot be told.
 *
 * A span without our trace id is counted to the trial in whose time it started, which asks for trials one after the other.
 */
export function judgeTrials(
  peer: Exclude<PeerKind, "mcp-client">,
  trials: readonly Trial[],
  evidence: Evidence,
): readonly Proved[] {
  const views = viewsOf(trials, evidence);
  const isRead = new Map(views.map(({ trial, children }) => [trial, children.length > 0]));
  return views.map((view) => judge(peer, view, view.twin !== undefined && isRead.get(view.twin) === true));
}

/** @param isTwinRead whether the same request with a valid context has a child of ours */
function judge(peer: Exclude<PeerKind, "mcp-client">, view: View, isTwinRead: boolean): Proved {
  const { trial } = view;
  const carrier = trial.place === "both" ? "_meta, header" : trial.place;
  const span = subjectSpan(view);
  return {
    subject: trial,
    carriers: trial.carriers,
    carrier,
    context: trial.context,
    read: readOf(view, isTwinRead),
    kept: keptIn(view),
    passedOn: passedOnIn(view),
    recorded:
      span !== undefined
        ? judgeRecording(span, { ...trial, peer })
        : trial.context === "sampled-out"
          ? notDue("its flags ask for no span")
          : cannotTell(noSpan(view)),
  };
}

function readOf(view: View, isTwinRead: boolean): Finding {
  const { trial, sent, children, inTrace, linked, inOther, strays, onward, evidence } = view;
  if (sent === undefined) return trial.context === "malformed" ? refusalOf(view, isTwinRead) : freshnessOf(view);
  const [child] = children;
  if (child !== undefined) return yes(`\`${child.name}\` is a child of our span`);
  const [link] = linked;
  if (!isDue(view)) {
    if (link !== undefined) return yes(`\`${link.name}\` links to our span`);
    return notDue(OWN_HEADER);
  }
  const [odd] = inTrace;
  if (odd !== undefined) return no(`\`${odd.name}\` is in our trace, and not under our span`, "wrong-parent");
  if (link !== undefined) return no(`\`${link.name}\` links to our span, and does not continue it`, "wrong-parent");
  const [other] = inOther;
  if (other !== undefined) return no(`\`${other.name}\` continues the header, and not params._meta`, "wrong-carrier");
  const stray = strays.find((span) => evidence.due === "header" || !isHttp(span));
  if (stray !== undefined) return strayFinding(stray);
  if (trial.reply?.text.includes(sent.traceId) === true)
    return yes("its answer repeats our trace id: what answers is given it, and made no span");
  if (onward.some(({ carriers }) => JSON.stringify(carriers).includes(sent.traceId)))
    return yes("what it sent on continues our trace, though no span of it came");
  if (trial.context === "sampled-out" && strays.length === 0 && isTwinRead)
    return yes("no span, as its flags ask, where the sampled request had one");
  return cannotTell(trial.reply?.kind === "none" ? trial.reply.text : noSpan(view));
}

/** Whether the context was brought where the protocol reads it. */
function isDue({ trial, evidence }: View): boolean {
  return trial.place !== "header" || evidence.due === "header";
}

const OWN_HEADER = "MCP reads params._meta, and the header is the transport's own";

function strayFinding(stray: Span): Finding {
  return stray.parentSpanId === undefined
    ? no(`\`${stray.name}\` began a trace of its own`, "not-extracted")
    : no(`\`${stray.name}\` hangs under another span than ours`, "wrong-parent");
}

/** A request without a context has to begin a trace of its own, and not continue that of a request before. */
function freshnessOf({ strays }: View): Finding {
  const stale = strays.find(({ parentSpanId }) => parentSpanId !== undefined);
  if (stale === undefined) return notDue("there was none to read");
  return no(`\`${stale.name}\` hangs under the span of another request`, "wrong-parent");
}

/** What is no context must neither be taken up nor make a request fail. */
function refusalOf({ trial: { reply }, twin, taken: [taken], strays, evidence }: View, isTwinRead: boolean): Finding {
  if (taken !== undefined) return no(`\`${taken.name}\` continues a traceparent that is none`, "wrong-parent");
  if (reply !== undefined && reply.kind !== "result" && twin?.reply?.kind === "result")
    return no(`it answered with ${reply.kind} what it answers well with a valid context`, "bad-carrier");
  const fresh = strays.find((span) => evidence.due === "header" || !isHttp(span));
  if (fresh === undefined) return cannotTell("it answered as ever, and no span says more");
  if (fresh.parentSpanId !== undefined) return strayFinding(fresh);
  return isTwinRead
    ? yes(`\`${fresh.name}\` began a trace of its own, as it has to`)
    : cannotTell(`\`${fresh.name}\` began a trace of its own, as it does with a valid context`);
}

function keptIn(view: View): Finding {
  const { trial, sent, inTrace, onward, evidence } = view;
  if (sent === undefined) return notDue("there was nothing valid to keep");
  const given = fieldsGiven(trial, evidence);
  const { traceparent: _, ...more } = given;
  const lost: string[] = [];
  const seen = new Set<string>();
  for (const { name, traceState = "" } of inTrace) {
    seen.add("trace id");
    if (more["tracestate"] === undefined) continue;
    seen.add("tracestate");
    for (const what of losses({ tracestate: more["tracestate"] }, { tracestate: traceState }))
      lost.push(`\`${name}\`: ${what}`);
  }
  for (const message of onward) {
    if (carriageOf(message).context?.traceId !== sent.traceId) continue;
    for (const field of ["trace id", ...Object.keys(more)]) seen.add(field);
    const found = fieldsDue(message.protocol, message.carriers);
    for (const what of losses(more, found)) lost.push(`${message.method} sent on: ${what}`);
  }
  for (const [field, text] of Object.entries({ ...more, "trace id": sent.traceId }))
    if (trial.reply?.text.includes(field === "baggage" ? sent.spanId : text) === true) seen.add(field);
  const [first, ...others] = lost;
  if (first !== undefined) return no(`${first}${others.length > 0 ? `, and ${others.length} more` : ""}`, "re-rooted");
  const unseen = Object.keys(more).filter((field) => !seen.has(field));
  const rest =
    unseen.length === 0 ? "" : `; ${unseen.join(" and ")} cannot be told, as nothing went on that continues it`;
  if (seen.size > 0) return yes(`${[...seen].join(", ")}${rest}`);
  return isDue(view) ? cannotTell("neither a span nor what went on continues it") : notDue(OWN_HEADER);
}

function fieldsGiven({ place, carriers }: Trial, { due }: Evidence): Readonly<Record<string, string>> {
  return due === "header" || place === "header" ? carriers.header : carriers.meta;
}

function passedOnIn(view: View): Finding {
  const { sent, onward, evidence } = view;
  if (sent === undefined) return notDue("there was nothing valid to pass on");
  if (onward.length === 0 && isDue(view))
    return cannotTell(evidence.hasDownstream ? "it sent nothing on" : "it was given nowhere to send on to");
  const judged = onward.map((message) => ({ message, ...carriageOf(message) }));
  const bad = judged.filter(({ context }) => context?.traceId !== sent.traceId);
  const [first] = bad;
  if (!isDue(view) && (onward.length === 0 || first !== undefined)) return notDue(OWN_HEADER);
  if (first === undefined) return yes(`${judged.map(({ message }) => message.method).join(", ")} carried our trace on`);
  const causes = [...new Set(bad.map(({ cause }) => cause ?? "re-rooted"))];
  return no(`${first.message.method} ${carriageWords(first.message, first)}`, ...causes);
}

/** The span that a trial's message is recorded in: the MCP or A2A one where there is one. */
function subjectSpan({ trial, children, strays, inOther }: View): Span | undefined {
  const candidates = [...children, ...inOther, ...strays];
  const says = ({ attributes }: Span): boolean =>
    attributes[ATTR.mcpMethod] === trial.method || attributes[ATTR.a2aMethod] === trial.method;
  return (
    candidates.find((span) => says(span) && span.spanKind === "server") ??
    candidates.find(says) ??
    candidates.find((span) => !isHttp(span)) ??
    candidates[0]
  );
}

function noSpan({ evidence: { spans, isSameClock }, strays }: View): string {
  if (spans.length === 0) return "it exported no span at all";
  if (strays.length > 0) return "only spans of its HTTP came of this request, which do not read params._meta";
  return isSameClock
    ? "it exported no span for this request"
    : "no span of our trace came, and another cannot be told by its time";
}
