import type { Attributes, SpanKind, SpanStatus } from "../trace/span.ts";
import type { AskOptions, RemoteAnswer } from "./a2a.ts";
import type { Definition } from "./brand.ts";
import type { Message, ToolCall } from "./model.ts";

/** A stand-in for an agent: it does again what was recorded of it, one work each time that it is called on. */
export interface RecordedAgent extends Definition<"agent"> {
  /** Whose spans its own are. */
  readonly service: string;
  readonly works: readonly RecordedWork[];
}

/** What an agent was recorded doing between a message and its answer. */
export interface RecordedWork {
  /** Who called on it, and with which words: what comes from there, and says that, is answered with this work. */
  readonly caller: string;
  readonly input: string;
  /** What it did: its own span with all that is inside; or what stands at the top of a trace, where no agent is around it. */
  readonly steps: readonly RecordedSpan[];
  readonly reply: {
    readonly text: string;
    /** Who has the user's next message. */
    readonly agent: string;
    /** Of a remote agent: how the task stands then; null where it answers with a message, and no task comes of it. */
    readonly state: RemoteAnswer["state"] | null;
  };
}

/** One span of a recorded tree, and what is done inside of it. */
export interface RecordedSpan {
  readonly name: string;
  readonly spanKind: SpanKind;
  readonly service: string;
  readonly status: SpanStatus;
  /** What it says whatever comes of it. */
  readonly attributes: Attributes;
  /** What it says of the answer: these are read off what is answered now. */
  readonly answered: readonly string[];
  /** When it began and ended; of its siblings those that had ended before it began have ended then again. */
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  /** What is asked for real; otherwise `steps` are taken. */
  readonly asks: RecordedAsk | null;
  readonly steps: readonly RecordedSpan[];
}

/** A question as it was put, to be put again. */
export type RecordedAsk =
  | {
      readonly to: "model";
      readonly agent: string;
      readonly model: string;
      readonly conversation: readonly Message[];
      /** How often the agent had asked this before, and now. */
      readonly attempt: number;
    }
  | {
      readonly to: "tool";
      readonly server: string;
      readonly tool: string;
      readonly arguments: ToolCall["arguments"];
    }
  | { readonly to: "resource"; readonly server: string; readonly uri: string }
  | { readonly to: "prompt"; readonly server: string; readonly name: string }
  /** Another agent of this process; the span is its own, and none is made for it here. */
  | {
      readonly to: "agent";
      readonly agent: string;
      readonly text: string;
      readonly payload: string | undefined;
      readonly isQuestion: boolean;
    }
  | {
      readonly to: "remote";
      readonly agent: string;
      readonly text: string;
      readonly options: Omit<AskOptions, "task">;
    };
