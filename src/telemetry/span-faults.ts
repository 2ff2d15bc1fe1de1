import { type Span, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import type { SpanFault, SpanMutation } from "../scenario/span-fault.ts";
import { ATTR } from "../trace/conventions.ts";

/** Has those spans of one service go wrong, and leaves all others as they are. `onFired` hears of each that did. */
export function spoilingSpans(
  faults: readonly SpanFault[],
  onFired: (fault: SpanFault) => void,
): (tracer: Tracer) => Tracer {
  const counts = new Map<string, number>();
  return (tracer) => {
    const startSpan: Tracer["startSpan"] = (name, options, context) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      const fault = faults.find((each) => each.name === name && each.occurrence === count);
      if (fault === undefined) return tracer.startSpan(name, options, context);
      const fired = (): void => onFired(fault);
      const { mutation } = fault;
      if (mutation === "new-root") {
        fired();
        return tracer.startSpan(name, { ...options, root: true }, context);
      }
      const span = tracer.startSpan(name, options, context);
      spoil(span, mutation, fired);
      return span;
    };
    return { startSpan, startActiveSpan: tracer.startActiveSpan.bind({ startSpan }) };
  };
}

function spoil(span: Span, mutation: Exclude<SpanMutation, "new-root">, fired: () => void): void {
  switch (mutation) {
    case "never-ended":
      span.end = fired;
      return;
    case "ended-early":
      span.end();
      fired();
      span.end = () => {};
      return;
    case "error-as-ok":
      takeForSuccess(span, fired);
  }
}

function takeForSuccess(span: Span, fired: () => void): void {
  const setStatus = span.setStatus.bind(span);
  const setAttribute = span.setAttribute.bind(span);
  span.setStatus = (status) => {
    if (status.code !== SpanStatusCode.ERROR) return setStatus(status);
    fired();
    return span;
  };
  // The SDK sets many one by one.
  span.setAttribute = (key, value) => (key === ATTR.errorType ? span : setAttribute(key, value));
}
