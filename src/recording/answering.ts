import type { Json } from "../core/json.ts";
import { type Closeness, type Match, type RecordedQuestion, matchingOf } from "./matching.ts";

/** What becomes of a question that was not recorded. With `live` a tool of the real server is called, and all else is as with `nearest`. */
export const MISSES = ["fail", "nearest", "live", "model"] as const;

export type Miss = (typeof MISSES)[number];

/** How one question of a replay was answered. */
export interface Answered {
  /** Who asked; "" where nobody says. */
  readonly agent: string;
  /** What was asked: `tool lookup`, `model`, `agent risk`. */
  readonly about: string;
  /**
   * How it was matched; `simulated` where the answer was made up, as the policy asks, `live` where
   * the real server was asked, `refused` where it may not be, `missed` where there was none.
   */
  readonly by: Closeness | "simulated" | "live" | "refused" | "missed";
  /** The question, on one line. */
  readonly asked: string;
  /** The recorded question that it was matched to, where that says something else. */
  readonly recorded?: string;
}

/** A call of a tool that was not recorded. */
export interface RealCall {
  readonly server: string;
  readonly tool: string;
  readonly arguments: Json;
}

/** What came of it at the real server, or why it did not get there. */
export interface RealAnswer {
  readonly result: Json;
  readonly isError: boolean;
  readonly by: "live" | "refused";
}

/** How a recording answers. */
export interface Answering {
  /** Default `fail`. */
  readonly miss?: Miss;
  /** Calls the real tool, under `live`. */
  readonly askReal?: (call: RealCall) => Promise<RealAnswer>;
  /** Hears of every question. */
  readonly onAnswered?: (answered: Answered) => void;
}

export interface RecordedAnswer<A> extends RecordedQuestion<A> {
  /** The question, on one line. */
  readonly words: string;
}

/** The words of a question that the recording does not hold. */
export const UNRECORDED = "what was not recorded";

/** A question as it comes in. */
export interface Incoming<A, Real = never> {
  readonly agent: string;
  readonly parts: readonly string[];
  readonly occurrence: number;
  readonly place: number;
  readonly words: string;
  /** Makes an answer up; absent where nothing can. */
  readonly simulate?: () => A;
  /** Asks the real thing, and tells what came of it; absent where nothing can. */
  readonly askReal?: (tell: (by: RealAnswer["by"]) => void) => Real;
  /** Why there is no answer; `equal` is how often just this was recorded. */
  readonly refusal: (equal: number) => string;
}

/**
 * Finds the answers to questions about one tool, agent or model. What was recorded is answered, in the order of closeness;
 * of what was not, the policy decides.
 *
 * The answer throws where there is none.
 */
export function answererOf<A, Real = never>(
  about: string,
  recorded: readonly RecordedAnswer<A>[],
  { miss = "fail", onAnswered }: Answering,
): (asked: Incoming<A, Real>) => A | Real {
  const match = matchingOf(recorded);
  return (asked) => {
    const found = match(asked);
    const known = found === undefined ? undefined : recorded[found.index];
    const tell = (by: Answered["by"]): void => {
      const other = known === undefined || known.words === asked.words ? {} : { recorded: known.words };
      onAnswered?.({ agent: asked.agent, about, by, asked: asked.words, ...(isOfRecording(by) && other) });
    };
    const takesNearest = miss === "nearest" || (miss === "live" && asked.askReal === undefined);
    if (found !== undefined && (takesNearest || isRecorded(found, known))) {
      tell(found.closeness);
      return found.answer;
    }
    if (miss === "model" && asked.simulate !== undefined) {
      tell("simulated");
      return asked.simulate();
    }
    if (miss === "live" && asked.askReal !== undefined) return asked.askReal(tell);
    tell("missed");
    const key = JSON.stringify(asked.parts);
    throw new Error(asked.refusal(recorded.filter(({ parts }) => JSON.stringify(parts) === key).length));
  };
}

function isOfRecording(by: Answered["by"]): boolean {
  return by !== "simulated" && by !== "live" && by !== "refused";
}

/** Whether a match is what was recorded, and not merely near it. */
function isRecorded<A>({ closeness }: Match<A>, known: RecordedAnswer<A> | undefined): boolean {
  if (closeness === "next") return known?.isKnown === false;
  return closeness !== "nearest";
}
