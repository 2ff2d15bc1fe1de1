import type { Lack } from "../recording/recording.ts";
import type { Paint } from "../report/paint.ts";
import { counted } from "../report/wording.ts";

/** What was recorded and written, as `--json` tells it. */
export interface Written {
  readonly files: readonly string[];
  /** How many of each kind. */
  readonly exchanges: Readonly<Record<string, number>>;
  /** How many different values of each kind. */
  readonly replaced: Readonly<Record<string, number>>;
  readonly lacks: readonly Lack[];
  /** Why the conversation did not come to its end. */
  readonly failures: readonly string[];
  /** Whether all spans are known to have come. */
  readonly isComplete: boolean;
  /** The command line that runs what was written. */
  readonly repeat: string;
}

const WORDS: Readonly<Record<string, string>> = {
  user: "turn",
  model: "model call",
  tool: "tool call",
  resource: "resource",
  prompt: "prompt",
  ask: "question to remote agents",
};

export function recordText(written: Written, paint: Paint): string {
  const { files, exchanges, replaced, lacks, failures, repeat } = written;
  const counts = Object.entries(exchanges).map(([kind, count]) => counted(count, WORDS[kind] ?? kind));
  const kinds = Object.entries(replaced).map(([kind, count]) => `${count} × ${kind}`);
  return [
    "",
    `recorded ${counts.join(", ")}`,
    ...files.map((file) => `  ${file}`),
    kinds.length === 0 ? "nothing secret or personal was found in it" : `replaced in all files: ${kinds.join(", ")}`,
    ...failures.map((words) => paint.bad(words)),
    ...lacks
      .filter(({ what }) => !failures.includes(what))
      .map(({ what, consequence }) => paint.warn(`${what}: ${consequence}`)),
    `run it: ${repeat}`,
  ].join("\n");
}
