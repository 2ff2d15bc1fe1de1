import type { Exchange } from "../../recording/exchange.ts";
import type { Lack } from "../../recording/recording.ts";
import type { Service } from "../../telemetry/service.ts";

/** What recording proxies tell of what passes through them. */
export interface Hearing {
  /** The agent that is recorded: whoever asks without a name. */
  readonly agent: string;
  /** Milliseconds since the recording began. */
  readonly nowMs: () => number;
  readonly exchange: (exchange: Exchange) => void;
  /** Whose spans those are of a service that is recorded. */
  readonly service: (name: string) => Service;
  readonly lack: (lack: Lack) => void;
}
