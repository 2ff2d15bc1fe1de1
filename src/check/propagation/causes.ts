import type { Cause } from "../../trace/evidence.ts";

/** What each cause means for the people who read a report, and how to mend it. */
export const MEANINGS: Readonly<Record<Cause, { readonly what: string; readonly mend: string }>> = {
  "not-injected": {
    what: "the caller sent no trace context",
    mend: "Inject the active context into the carrier before sending.",
  },
  "not-extracted": {
    what: "the callee began a trace of its own",
    mend: "Extract the context from the carrier and make it the parent of the callee's span.",
  },
  "wrong-parent": {
    what: "the callee's span hangs under another span than the one in the carrier",
    mend: "Start the callee's span with the extracted context, not with whatever is active.",
  },
  "wrong-carrier": {
    what: "context was written, or read, in another place than this protocol has for it",
    mend: "MCP reads params._meta, HTTP and A2A read the traceparent header.",
  },
  "bad-carrier": {
    what: "the carrier holds no W3C trace context of this message",
    mend: "Write traceparent in lower case, unprefixed and once, as 00-{32 hex}-{16 hex}-{2 hex}, anew for each message.",
  },
  "re-rooted": {
    what: "an intermediary changed or dropped the context on the way",
    mend: "Have the proxy or gateway pass the carrier on as it came, or put its own span below the one in it.",
  },
  "sampled-out": {
    what: "the carrier says that the trace is not sampled, so the callee exported nothing",
    mend: "Sample everything while testing.",
  },
  "never-exported": {
    what: "a span of this message was never exported",
    mend: "Instrument the process, end its spans whatever happens, and flush them before it exits.",
  },
  late: {
    what: "a span of this message came after the wait was over",
    mend: "Flush when the request is done, or lengthen limits.flushMs.",
  },
  "duplicate-export": {
    what: "the callee exported a span twice",
    mend: "Register one exporter a process.",
  },
  "wrong-status": {
    what: "the two ends disagree on whether the call failed",
    mend: "Set the span's status from the answer: an error answer is an error.",
  },
};
