import { isMcpLifecycle } from "../../trace/conventions.ts";
import type { CarrierFields, Cause } from "../../trace/evidence.ts";
import { contextIn as readContext, readCarrier } from "../propagation/carrier.ts";
import type { Traceparent } from "../propagation/trace-context.ts";
import type { Carriers, Heard } from "./evidence.ts";

/** The context that fields bring to whoever reads them there; undefined where there is none that is valid. */
export function contextIn(fields: CarrierFields): Traceparent | undefined {
  return readContext(fields, FIELDS);
}

/** What a program was given in its environment stands here under the names that HTTP and MCP have. */
const FIELDS = "http";

/** Where a message carries which trace, told by what its protocol reads. */
export interface Carriage {
  /** The trace and span that it names where its protocol reads them. */
  readonly context: Traceparent | undefined;
  /** Why there is none. */
  readonly cause: Extract<Cause, "not-injected" | "wrong-carrier" | "bad-carrier"> | undefined;
  /** What is wrong with it, where it is a bad one. */
  readonly detail?: string;
}

/** MCP reads `params._meta`, whatever carries it; HTTP and an environment read their own fields. */
export function carriageOf({ protocol, carriers }: Pick<Heard, "protocol" | "carriers">): Carriage {
  const due = readCarrier(fieldsDue(protocol, carriers), FIELDS);
  if (due.state === "valid") return { context: due.context, cause: undefined };
  if (due.state === "bad") return { context: undefined, cause: "bad-carrier", detail: due.detail };
  const isElsewhere = protocol === "mcp" && contextIn(carriers.header) !== undefined;
  return { context: undefined, cause: isElsewhere ? "wrong-carrier" : "not-injected" };
}

/** The fields of a message that its protocol reads. */
export function fieldsDue(protocol: Heard["protocol"], { meta, header }: Carriers): Carriers["meta"] {
  return protocol === "mcp" ? meta : header;
}

/** Those of some messages that are work, or all where none is: a lifecycle need not take anybody's context along. */
export function workOf(messages: readonly Heard[]): readonly Heard[] {
  const work = messages.filter(({ method }) => !isMcpLifecycle(method));
  return work.length === 0 ? messages : work;
}

/** How a message failed to carry a trace on. */
export function carriageWords({ protocol }: Heard, { cause, detail }: Pick<Carriage, "cause" | "detail">): string {
  const where = protocol === "mcp" ? "params._meta" : protocol === "http" ? "its headers" : "its environment";
  if (cause === "wrong-carrier") return `carried its context in the HTTP header, and none in ${where}`;
  if (cause === "not-injected") return `carried no context in ${where}`;
  if (cause !== "bad-carrier") return "carried another trace than ours";
  return `carried in ${where} what is no trace context: ${detail ?? ""}`;
}
