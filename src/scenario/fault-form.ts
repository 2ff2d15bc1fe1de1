import { HOP_PROTOCOLS } from "../check/propagation/policy.ts";
import { didYouMean, nearestWord } from "../core/errors.ts";
import { CARRIER_MUTATIONS, type CarrierFault, DIRECTIONS, type MessageFault, type WireFault } from "./fault.ts";

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
};

type Act = MessageFault["fault"];

const direction: Value = oneOf("request", "reply");

/** The keys of each fault's own, beside those of its rule and its direction. */
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

/** The keys of faults in carriers, beside those of their rule. */
const OF_CARRIERS: Readonly<Record<string, Value>> = {
  by: oneOf("sender", "intermediary"),
  protocol: oneOf(...HOP_PROTOCOLS),
};

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
const BETWEEN_AGENTS: readonly string[] = ["message", "question", "handoff"];

/** The methods of what is sent in a protocol. */
const METHODS_OF: Readonly<Record<(typeof HOP_PROTOCOLS)[number] | "any", readonly string[]>> = {
  any: [...MCP_METHODS, ...A2A_METHODS],
  mcp: MCP_METHODS,
  a2a: A2A_METHODS,
  "in-process": BETWEEN_AGENTS,
  http: BETWEEN_AGENTS,
  environment: ["start"],
};

/** Everything that is wrong with one fault as it is written; nothing for a sound one. */
export function faultProblems(fault: object): readonly FaultProblem[] {
  const form = formOf(fault);
  if ("what" in form) return [form];
  const { label, keys, needed } = form;
  const given = new Map(Object.entries(fault).filter(([key, value]) => key !== form.naming && value !== undefined));
  const lacks = needed !== undefined && !given.has(needed);
  return [
    ...[...given].flatMap(([key, value]) => [...valueProblems(form, key, value)]),
    ...(lacks
      ? [{ what: `${label} needs "${needed}"`, mend: `Write ${keys.get(needed)?.due ?? ""} as its ${needed}.` }]
      : []),
    ...methodProblems(form, given),
  ];
}

/** Whether nothing is wrong with it. */
export function isWireFault(value: object): value is WireFault {
  return faultProblems(value).length === 0;
}

/** How a fault of one name is written. */
interface Form {
  readonly label: string;
  /** The key that holds its name. */
  readonly naming: "fault" | "carrier";
  readonly keys: ReadonlyMap<string, Value>;
  readonly needed?: string | undefined;
  /** None where it has no key for them. */
  readonly directions: readonly string[];
}

function formOf(fault: object): Form | FaultProblem {
  const [act, mutation]: readonly unknown[] = [Reflect.get(fault, "fault"), Reflect.get(fault, "carrier")];
  if (act !== undefined && mutation !== undefined)
    return {
      key: "carrier",
      what: "it is two faults in one",
      mend: "Write `fault` or `carrier`, and the other as an entry of its own.",
    };
  if (mutation === undefined) return isAct(act) ? messageForm(act) : unknownAct(act);
  return isMutation(mutation) ? carrierForm(mutation) : unknownMutation(mutation);
}

function messageForm(act: Act): Form {
  const keys = new Map(Object.entries({ ...RULE, direction, ...OWN[act] }));
  return { label: act, naming: "fault", keys, needed: NEEDED[act], directions: DIRECTIONS[act] };
}

function carrierForm(mutation: CarrierFault["carrier"]): Form {
  const own = mutation === "stale" ? { ...OF_CARRIERS, of: oneOf("message", "run") } : OF_CARRIERS;
  return {
    label: `carrier ${mutation}`,
    naming: "carrier",
    keys: new Map(Object.entries({ ...RULE, ...own })),
    directions: [],
  };
}

function isAct(name: unknown): name is Act {
  return typeof name === "string" && Object.hasOwn(OWN, name);
}

function isMutation(name: unknown): name is CarrierFault["carrier"] {
  return CARRIER_MUTATIONS.some((one) => one === name);
}

function unknownAct(name: unknown): FaultProblem {
  const known = Object.keys(OWN);
  const carriers = CARRIER_MUTATIONS.join(", ");
  const mend = `Write \`fault\` with one of ${known.join(", ")}; or \`carrier\` with one of ${carriers}.`;
  if (name === undefined) return { what: "it does not say what happens", mend };
  const what = `there is no fault ${shown(name)}`;
  if (isMutation(name))
    return { key: "fault", what: `${what} in messages`, mend: `Write carrier: ${name}, which is one in carriers.` };
  return { key: "fault", what: what + hintFor(name, known), mend };
}

function unknownMutation(name: unknown): FaultProblem {
  const what = `no carrier can be ${shown(name)}${hintFor(name, CARRIER_MUTATIONS)}`;
  return { key: "carrier", what, mend: `Write \`carrier\` with one of ${CARRIER_MUTATIONS.join(", ")}.` };
}

function hintFor(name: unknown, known: readonly string[]): string {
  return typeof name === "string" ? didYouMean(nearestWord(name, known)) : "";
}

function* valueProblems({ label, keys, directions }: Form, key: string, value: unknown): Generator<FaultProblem> {
  const known = keys.get(key);
  if (known === undefined)
    yield {
      key,
      what: `${label} has no "${key}"${didYouMean(nearestWord(key, keys.keys()))}`,
      mend: `It has ${[...keys.keys()].join(", ")}.`,
    };
  else if (!known.isOne(value)) {
    const what =
      key === "rate" ? `a rate of ${shown(value)} is impossible` : `${shown(value)} is no ${key} of ${label}`;
    yield { key, what, mend: `Write ${known.due}.` };
  } else if (key === "direction" && !directions.some((one) => one === value))
    yield {
      key,
      what: `${label} cannot hit a ${String(value)}`,
      mend: `Write ${directions[0]}, or leave it out.`,
    };
}

function* methodProblems({ label }: Form, given: ReadonlyMap<string, unknown>): Generator<FaultProblem> {
  const [method, protocol] = [given.get("method"), HOP_PROTOCOLS.find((one) => one === given.get("protocol"))];
  const methods = METHODS_OF[protocol ?? "any"];
  if (typeof method === "string" && method.trim() !== "" && !methods.includes(method))
    yield {
      key: "method",
      what: `there is no method ${shown(method)}${didYouMean(nearestWord(method, methods))}`,
      mend: `Known${protocol === undefined ? "" : ` of ${protocol}`}: ${methods.join(", ")}.`,
    };
  if (given.has("tool") && protocol !== undefined && protocol !== "mcp")
    yield { key: "tool", what: `${protocol} has no tools`, mend: "Write mcp as its protocol, or leave the tool out." };
  if (method === undefined || method === "tools/call") return;
  const mend = "Write tools/call, or leave the method out.";
  if (label === "is-error") yield { key: "method", what: "only tools/call has results with isError", mend };
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

function oneOf(...choices: readonly string[]): Value {
  return { isOne: (value) => choices.some((one) => one === value), due: choices.join(" or ") };
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
