import type { Fault } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { Asker } from "../wire/asker.ts";
import type { RunIdentity } from "./stage.ts";
import type { Testimony } from "./testimony.ts";

/** Over what a mock server is reached in `wire`. Remote agents are always reached over HTTP. */
export type WireTransport = "stdio" | "http" | "ws";

/** What a child says once it can take part in runs. Another version's may say something else, so it is checked first. */
export interface Ready {
  readonly kind: "ready";
  readonly version: string;
  /** What the child loaded, as `describeMock` tells it. */
  readonly description: Json;
  /** Where it listens; null over stdio. */
  readonly url: string | null;
}

/** Begins a run. */
export interface Begin {
  readonly kind: "begin";
  readonly identity: RunIdentity;
  /** Where it sends its spans: an OTLP endpoint without `/v1/traces`; null where nobody wants them. */
  readonly exportTo: string | null;
  /** When the machine's monotonic clock stood at 0, for the clock of the run. */
  readonly epochUnixNano: bigint;
  /** Over what mock servers are reached. */
  readonly transport: WireTransport;
  /** The agents that may ask it by clients of their own, on which faults act at this end. */
  readonly strangers: readonly Asker[];
  /** Over stdio: whether the other end of its pipes is one of those. */
  readonly isPipedToStranger: boolean;
  /** Where mocks that others have started listen, by name. */
  readonly urls: Readonly<Record<string, string>>;
}

/** What a child, and the children that it started in its turn, know of a run that has ended. */
export interface Ended extends Testimony {
  readonly kind: "ended";
  /** Ids of all spans that started; those that ended have been exported by now. */
  readonly started: readonly string[];
}

/** What a child says that cannot take part in a run, or end it. */
export interface Refused {
  readonly kind: "refused";
  readonly faults: readonly Fault[];
  readonly failures: readonly string[];
}

/** `hail` asks a child that has waited whether it is still there: it says again that it is ready. */
export type ToChild = { readonly kind: "hail" } | Begin | { readonly kind: "end" };
export type FromChild = Ready | { readonly kind: "begun" } | Ended | Refused;
