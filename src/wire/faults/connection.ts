import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";
import { type Fate, fateOf } from "./fate.ts";
import type { FaultSubject } from "./subject.ts";
import type { ChosenFault, WireFaults } from "./wire-faults.ts";

/** What messages of MCP are to the rules of faults. */
export interface Subjects {
  /** `undefined` for a reply, which is of its request's, and for what no fault may hit. */
  of(message: JSONRPCMessage): FaultSubject | undefined;
}

/** What faults hold for the messages of one connection of MCP over which they go in order, at either end. */
export class ConnectionFaults {
  readonly #faults: WireFaults;
  readonly #subjects: Subjects;
  readonly #asked = new Map<RequestId, Asked>();

  constructor(faults: WireFaults, subjects: Subjects) {
    this.#faults = faults;
    this.#subjects = subjects;
  }

  /** The fate of a message on its way to the end that is asked. */
  leaving(message: JSONRPCMessage, text: string): Fate {
    const subject = this.#subjects.of(message);
    if (subject === undefined) return fateOf([], text);
    const { request, reply: replies } = this.#faults.choose(subject);
    const fate = fateOf(request, text);
    const isTwice = fate.copies > 1 && fate.end === "arrives" && fate.text === text;
    if ("id" in message && message.id !== undefined)
      this.#asked.set(message.id, { replies, hear: isTwice ? this.#faults.expect(fate.copies) : undefined });
    return fate;
  }

  /** The fate of a message on its way back. */
  arriving(message: JSONRPCMessage, text: string): Fate {
    const asked = "method" in message || message.id === undefined ? undefined : this.#asked.get(message.id);
    asked?.hear?.(false);
    return fateOf(asked?.replies ?? [], text);
  }

  close(): void {
    for (const { hear } of this.#asked.values()) hear?.(true);
    this.#asked.clear();
  }
}

/** A request that has left. */
interface Asked {
  readonly replies: readonly ChosenFault[];
  /** Hears of replies where more than one is due, and of the end. */
  readonly hear: ((isOver: boolean) => void) | undefined;
}
