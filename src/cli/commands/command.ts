/** One flag of a command. `value` names what it takes; a flag without one is on or off. */
export interface Flag {
  readonly value?: string;
  readonly help: string;
  readonly isMany?: true;
}

export interface Command {
  readonly summary: string;
  /** What stands after the command's name besides flags. */
  readonly operands: { readonly text: string; readonly min: number; readonly max: number };
  readonly flags: Readonly<Record<string, Flag>>;
  readonly notes?: readonly string[];
}

/** What every command that reads traces says of them. */
export const SOURCES =
  "A trace file may be packed with gzip or zstd; a folder is all trace files in it, - is standard input; https://… and tempo:URL#TRACEID, jaeger:, langfuse:, phoenix: are asked for.";

/** Where spans come from in `live`. */
export const LIVE_FLAGS = {
  spans: {
    value: "FROM",
    help: "In live, where spans come from: otlp:PORT, tempo:URL, jaeger:URL, langfuse:URL, phoenix:URL, none. Default: otlp:4318.",
  },
  "spans-wait": { value: "SECONDS", help: "In live, how long a trace may take to be whole. Default: 60." },
  "spans-quiet": {
    value: "SECONDS",
    help: "In live, how long nothing may come to a whole trace until it is closed. Default: 6.",
  },
} as const satisfies Command["flags"];
