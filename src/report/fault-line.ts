import type { FiredFault } from "../trace/evidence.ts";

/** What happened to which message, as `delay 350 ms: request tools/call find of triage to orders, occurrence 2`. */
export function faultLine(fired: FiredFault): string {
  const { fault, detail, direction, method, tool, agent, from, to, occurrence } = fired;
  const what = [fault, detail].filter((word) => word !== "").join(" ");
  const message = [direction, method, tool].filter((word) => word !== null).join(" ");
  const ends = TO_AGENTS.has(method) ? `${from} to ${agent ?? to}` : `${agent ?? from} to ${to}`;
  return `${what}: ${message} of ${ends}, occurrence ${occurrence}`;
}

/** What is said to an agent names that one, and not who says it. */
const TO_AGENTS: ReadonlySet<string> = new Set(["message", "question", "handoff", "start"]);
