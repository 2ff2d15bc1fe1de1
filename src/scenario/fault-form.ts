import { didYouMean, nearestWord } from "../core/errors.ts";
import { DIRECTIONS, type MessageFault } from "./fault.ts";

/** What is wrong with a fault as it is written: at which of its keys, or with the whole of it. */
export interface FaultProblem {
  readonly key?: string;
  readonly what: string;
  readonly mend: string;
}

/** What may stand under a key. */
interface Value {
  readonly isOne: (value: unknown) => boolean;
  /** As `Write …` ends. */
  readonly due: string;
}

/** Node's timers count in 32 bits, and one that is set for longer fires at once. */
const TIMER_MS_MAX = 2_147_483_647;
/** The most that a transport of Troupe's reads as one message. */
const BYTES_MAX = 64 * 1024 * 1024;
const PIECES_MAX = 10_000;

const text: Value = { isOne: (value) => typeof value === "string" && value.trim() !== "", due: "a text" };
const words: Value = { isOne: (value) => typeof value === "string", due: "a text" };
const milliseconds: Value = numberOf("a number of milliseconds", 0, TIMER_MS_MAX);

const RULE: Readonly<Record<string, Value>> = {
  from: text,
  to: text,
  agent: text,
  method: text,
  tool: text,
  occurrence: wholeOf("a whole number from 1", 1, Number.MAX_SAFE_INTEGER),
  rate: numberOf("a number from 0 to 1", 0, 1),
  direction: { isOne: (value) => value === "request" || value === "reply", due: "request or reply" },
};

type Act = MessageFault["fault"];

/** The keys of each fault's own, beside those of its rule. */
const OWN: Readonly<Record<Act, Readonly<Record<string, Value>>>> = {
  delay: {
    ms: { isOne: isDelay, due: "350, [200, 900] or { p50: 40, p90: 200, p99: 2000 }, none below the one before" },
  },
  drop: {},
  duplicate: {},
  reorder: { withinMs: milliseconds },
  disconnect: {},
  hang: {},
  "slow-stream": {
    pieces: wholeOf(`a whole number from 1 to ${PIECES_MAX}`, 1, PIECES_MAX),
    everyMs: milliseconds,
  },
  "early-close": {},
  truncated: {},
  malformed: {},
  oversized: { bytes: wholeOf(`a whole number from 1 to ${BYTES_MAX}`, 1, BYTES_MAX) },
  "wrong-id": {},
  "wrong-shape": {},
  "rpc-error": { code: wholeOf("a whole number", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), message: words },
  "is-error": { text: words },
  "http-status": { status: wholeOf("a status from 400 to 599", 400, 599), body: words },
};

const NEEDED: Readonly<Partial<Record<Act, string>>> = { delay: "ms", "http-status": "status" };

export const MCP_METHODS: readonly string[] = [
  "initialize",
  "notifications/initialized",
  "notifications/cancelled",
  "tools/list",
  "tools/call",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "prompts/list",
  "prompts/get",
];
export const A2A_METHODS: readonly string[] = [
  "SendMessage",
  "SendStreamingMessage",
  "GetTask",
  "CancelTask",
  "GET /.well-known/agent-card.json",
];
const METHODS: readonly string[] = [...MCP_METHODS, ...A2A_METHODS];

/** Everything that is wrong with one fault as it is written; nothing for a sound one. */
export function faultProblems(fault: object): readonly FaultProblem[] {
  const name: unknown = Reflect.get(fault, "fault");
  if (!isAct(name)) return [unknownAct(name)];
  const keys = new Map(Object.entries({ ...RULE, ...OWN[name] }));
  const given = Object.entries(fault).filter(([key, value]) => key !== "fault" && value !== undefined);
  const needed = NEEDED[name];
  return [
    ...given.flatMap(([key, value]) => [...valueProblems(name, key, value, keys)]),
    ...(needed === undefined || given.some(([key]) => key === needed)
      ? []
      : [{ what: `${name} needs "${needed}"`, mend: `Write ${OWN[name][needed]?.due ?? ""} as its ${needed}.` }]),
    ...toolProblems(name, new Map(given)),
  ];
}

/** Whether nothing is wrong with it. */
export function isMessageFault(value: object): value is MessageFault {
  return faultProblems(value).length === 0;
}

function isAct(name: unknown): name is Act {
  return typeof name === "string" && Object.hasOwn(OWN, name);
}

function unknownAct(name: unknown): FaultProblem {
  const known = Object.keys(OWN);
  const mend = `Write \`fault\` with one of ${known.join(", ")}.`;
  if (name === undefined) return { what: "it does not say what happens", mend };
  const hint = typeof name === "string" ? didYouMean(nearestWord(name, known)) : "";
  return { key: "fault", what: `there is no fault ${shown(name)}${hint}`, mend };
}

function* valueProblems(
  name: Act,
  key: string,
  value: unknown,
  keys: ReadonlyMap<string, Value>,
): Generator<FaultProblem> {
  const known = keys.get(key);
  if (known === undefined)
    yield {
      key,
      what: `${name} has no "${key}"${didYouMean(nearestWord(key, keys.keys()))}`,
      mend: `It has ${[...keys.keys()].join(", ")}.`,
    };
  else if (!known.isOne(value)) {
    const what = key === "rate" ? `a rate of ${shown(value)} is impossible` : `${shown(value)} is no ${key} of ${name}`;
    yield { key, what, mend: `Write ${known.due}.` };
  } else if (key === "direction" && !DIRECTIONS[name].some((one) => one === value))
    yield {
      key,
      what: `${name} cannot hit a ${String(value)}`,
      mend: `Write ${DIRECTIONS[name][0]}, or leave it out.`,
    };
  else if (key === "method" && typeof value === "string" && !METHODS.includes(value))
    yield {
      key,
      what: `there is no method ${shown(value)}${didYouMean(nearestWord(value, METHODS))}`,
      mend: `Known: ${METHODS.join(", ")}.`,
    };
}

function* toolProblems(name: Act, given: ReadonlyMap<string, unknown>): Generator<FaultProblem> {
  const method = given.get("method");
  if (method === undefined || method === "tools/call") return;
  const mend = "Write tools/call, or leave the method out.";
  if (name === "is-error") yield { key: "method", what: "only tools/call has results with isError", mend };
  else if (given.has("tool")) yield { key: "method", what: "only tools/call names a tool", mend };
}

function isDelay(value: unknown): boolean {
  const steps = Array.isArray(value)
    ? value.length === 2 && value
    : typeof value === "object" && value !== null
      ? Object.keys(value).toSorted().join() === "p50,p90,p99" &&
        ["p50", "p90", "p99"].map((key) => Reflect.get(value, key))
      : [value];
  return steps !== false && steps.every((ms: unknown, index) => milliseconds.isOne(ms) && isAscending(steps, index));
}

function isAscending(steps: readonly unknown[], index: number): boolean {
  return index === 0 || Number(steps[index - 1]) <= Number(steps[index]);
}

function numberOf(due: string, min: number, max: number): Value {
  return { isOne: (value) => typeof value === "number" && value >= min && value <= max, due };
}

function wholeOf(due: string, min: number, max: number): Value {
  return { isOne: (value) => Number.isSafeInteger(value) && numberOf(due, min, max).isOne(value), due };
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? "this" : String(value);
}
