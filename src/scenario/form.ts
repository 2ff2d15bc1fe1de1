import * as z from "zod";
import { HOP_PROTOCOLS } from "../check/propagation/policy.ts";
import { CHANGE_WORDS } from "../check/changes/wanted.ts";
import { type Fault, didYouMean, nearestWord } from "../core/errors.ts";
import { type DefinitionKind, isDefinition } from "./brand.ts";
import { faultProblems } from "./fault-form.ts";
import { LIMITS, MODES } from "./scenario.ts";
import { MUTATIONS } from "./survivor.ts";

const text = z.string({ error: "this is no text" });
const finite = z.number({ error: "this is no number" }).nonnegative({ error: "this is below 0" });
const whole = z.int({ error: "this is no whole number" }).nonnegative({ error: "this is below 0" });

/** Node's timers count in 32 bits, and one that is set for longer fires at once. */
const TIMER_MS_MAX = 2_147_483_647;
const wait = finite.max(TIMER_MS_MAX, { error: "this is longer than a timer can wait" });

function definition(kind: DefinitionKind, words: string): z.ZodType {
  return z
    .custom((value) => isDefinition(value, kind), { error: `this is no ${words}` })
    .refine((value) => typeof Reflect.get(Object(value), "name") === "string", { error: "its name is no text" });
}

function listOf(item: z.ZodType): z.ZodType {
  return z.array(item, { error: "this is no list" });
}

function range(bound: z.ZodType<number>): z.ZodType {
  return z
    .tuple([bound, bound], { error: "these are no two numbers" })
    .refine(([min, max]) => min <= max, { error: "the first of the two is above the second" });
}

const url = text.refine((value) => /^https?:/i.test(value) && URL.canParse(value), {
  error: "this is no URL of http or https",
});

function functionForm(words: string): z.ZodType {
  return z.custom((value) => typeof value === "function", { error: words });
}

const command = z
  .array(text, { error: "this is no command" })
  .refine(([program = ""]) => program.trim() !== "", { error: "it names no program" });

const mapping = functionForm("this is no function");

/** Its work stands for the agent: the fault is the agent's own. */
const inProcess = z.unknown().refine((value) => hasFunction(value, "work"), "its work is no function");

const ADAPTERS: Readonly<Record<string, z.ZodType>> = {
  command: z.looseObject({
    command,
    over: z.enum(["stdin", "http"], { error: "this is neither stdin nor http" }),
    lines: z.enum(["json", "text"], { error: "this is neither json nor text" }),
    env: z.record(text, z.union([text, z.literal(true)], { error: "this is neither a text nor true" })),
    cwd: text,
  }),
  http: z.looseObject({ url, headers: z.record(text, text), keyVariable: text, request: mapping, reply: mapping }),
  chat: z.looseObject({ url, model: text, keyVariable: text }),
  a2a: z.looseObject({ url, keyVariable: text }),
};

/** By how it is reached, so that a fault is told of what it was meant to be. */
const agent = definition("agent", "agent").superRefine((value: unknown, context) => {
  const adapter: unknown = Reflect.get(Object(value), "adapter");
  if (Array.isArray(Reflect.get(Object(value), "works"))) return;
  const form = adapter === undefined ? inProcess : typeof adapter === "string" ? ADAPTERS[adapter] : undefined;
  if (form === undefined)
    context.addIssue({ code: "custom", message: `there is no adapter ${JSON.stringify(adapter)}` });
  for (const issue of form?.safeParse(value).error?.issues ?? [])
    context.addIssue({ code: "custom", message: issue.message, path: issue.path });
});

const need = text.regex(/^(node\s*>=\s*\d+(\.\d+){0,2}|npm:\S+|[^\s:<>=]+)$/, {
  error: "this is no program, package or version of Node",
});

/** Said in the fault's own words. */
const fault = z.looseObject({}, { error: "this is no fault" }).superRefine((value, context) => {
  for (const { key, what, mend } of faultProblems(value))
    context.addIssue({ code: "custom", message: what, params: { mend }, path: key === undefined ? [] : [key] });
});

const step = z.union(
  [
    z.looseObject({ step: z.literal("says"), text }),
    z.looseObject({ step: z.literal("until-satisfied"), turnsMax: finite }),
  ],
  { error: "this is no step of a script" },
);

const server = definition("mcp-server", "MCP server").pipe(z.looseObject({ latencyMs: range(finite) }));

const skill = z.looseObject({ id: text, name: text, description: text, tags: listOf(text) });

const remoteAgent: z.ZodType = definition("a2a-agent", "remote agent")
  .refine((value: unknown) => hasFunction(value, "work"), "its work is no function")
  .pipe(z.looseObject({ servers: z.lazy(() => listOf(mock)), skills: listOf(skill) }));

/** Mocks that are being looked at, from the outermost inwards. */
const looking = new Set<unknown>();

/** One or the other, so that a fault is told of what it was meant to be. */
const mock: z.ZodType = z.unknown().transform((value, context) => {
  // Remote agents may know each other.
  if (looking.has(value)) return value;
  looking.add(value);
  const form = isDefinition(value, "a2a-agent") ? remoteAgent : server;
  for (const issue of form.safeParse(value).error?.issues ?? [])
    context.addIssue({ code: "custom", message: issue.message, path: issue.path });
  looking.delete(value);
  return value;
});

const model = definition("model", "model").pipe(
  z.looseObject({
    timing: z.looseObject(
      {
        firstChunkMs: range(whole),
        tokensPerSecond: z.number({ error: "this is no number" }).positive({ error: "this is not above 0" }),
      },
      { error: "this is no timing" },
    ),
  }),
);

const survivor = z.strictObject(
  {
    mutation: z.enum(MUTATIONS, {
      error: ({ input }) =>
        `there is no mutation ${JSON.stringify(input)}${didYouMean(nearestWord(String(input), MUTATIONS))}`,
    }),
    from: text.optional(),
    to: text.optional(),
    method: text.optional(),
    why: text.refine((why) => why.trim() !== "", { error: "it is empty" }),
  },
  { error: "this is no survivor" },
);

const limits: z.ZodType = z.strictObject(
  { ...Object.fromEntries(Object.keys(LIMITS).map((name) => [name, finite])), requestMs: wait },
  { error: "these are no limits" },
);

const hopMatch = z
  .strictObject(
    {
      from: text.optional(),
      to: text.optional(),
      method: text.optional(),
      protocol: z.enum(HOP_PROTOCOLS, { error: "this is no protocol of a hop" }).optional(),
    },
    { error: "this names no hops" },
  )
  .refine((match) => Object.keys(match).length > 0, { error: "it says nothing of its hops" });

const propagation = z.strictObject({ links: listOf(hopMatch).optional() }, { error: "this is no policy" });

const MEND_WAIT = `Write a number of milliseconds from 0 to ${TIMER_MS_MAX}.`;

interface Part {
  readonly form: z.ZodType;
  readonly mend: string;
  /** How to mend what stands inside, by its name. */
  readonly inner?: Readonly<Record<string, string>>;
}

const parts: Readonly<Record<string, Part>> = {
  name: { form: text, mend: "Give it a `name`." },
  description: { form: text, mend: "Write a text, or leave it out." },
  persona: { form: definition("persona", "persona").optional(), mend: 'Make it with `persona("name", { … })`.' },
  personas: { form: listOf(definition("persona", "persona")), mend: 'Make each with `persona("name", { … })`.' },
  cases: {
    form: z.union(
      [listOf(z.looseObject({ persona: text, situation: text, outcome: text })), z.object({ dataset: text })],
      {
        error: "these are no cases",
      },
    ),
    mend: 'Write `dataset("cases.csv")`, or a list of { persona, situation, outcome }.',
  },
  agents: {
    form: listOf(agent),
    mend: 'Make each with `agent("name", async (turn) => …)`, `commandAgent`, `httpAgent` or `chatAgent`.',
    inner: {
      command: 'Write the program and its arguments, as in `command: ["python3", "agent.py"]`.',
      over: 'Write "stdin" or "http".',
      lines: 'Write "json" or "text", or leave it out for json.',
      env: "Write names with texts, or with `true` for those of your own environment.",
      url: "Write it in full, as in http://127.0.0.1:8080/ask.",
      request: "Write a function of the message that gives the body, or leave it out.",
      reply: "Write a function of the body that gives the words, or leave it out.",
    },
  },
  servers: {
    form: listOf(mock),
    mend: 'Make each with `mcpServer("name", { … })` or `a2aAgent("name", { … })`.',
    inner: { latencyMs: "Write two numbers from 0, the lower one first, as in `latencyMs: [2, 30]`." },
  },
  model: {
    form: model,
    mend: 'Make it with `scriptedModel("name", [ … ])`.',
    inner: {
      timing: "Write `timing: { firstChunkMs: [120, 480], tokensPerSecond: 90 }`, or leave it out.",
      firstChunkMs: "Write two whole numbers from 0, the lower one first, as in `firstChunkMs: [120, 480]`.",
      tokensPerSecond: "Write a number above 0, as in `tokensPerSecond: 90`.",
    },
  },
  attributes: {
    form: z.record(text, text, { error: "these are no attributes" }),
    mend: 'Write names and texts, as in { "tenant.id": "acme" }.',
  },
  traces: { form: z.enum(["run", "turn"], { error: "this is neither run nor turn" }), mend: "Write one of them." },
  faults: { form: listOf(fault), mend: 'Write each as { fault: "drop", to: "orders" }.' },
  needs: {
    form: listOf(need),
    mend: 'Write what it cannot do without, as in ["python3", "node>=22.15", "npm:ai"].',
  },
  modes: {
    form: z
      .array(z.enum(MODES, { error: "this is none of sim, wire and live" }), { error: "this is no list" })
      .min(1, { error: "it is empty, so that the scenario could never run" }),
    mend: 'Write those that it can run in, as in ["wire", "live"], or leave it out for all.',
  },
  transport: {
    form: z.enum(["stdio", "http", "ws"], { error: "this is none of stdio, http and ws" }),
    mend: "Write one of them, or leave it out for stdio.",
  },
  network: {
    form: z.enum(["open", "closed"], { error: "this is neither open nor closed" }),
    mend: "Write one of them, or leave it out for open.",
  },
  survivors: {
    form: listOf(survivor),
    mend: 'Write each as { mutation: "stale", to: "orders", why: "…" }; `from`, `to` and `method` may be left out.',
    inner: { mutation: `Known: ${MUTATIONS.join(", ")}.`, why: "Say why nothing has to notice it." },
  },
  script: { form: listOf(step), mend: "Use `user.says` and `user.untilSatisfied`." },
  expect: { form: listOf(z.unknown()), mend: "List expectations, as in `expect: [oneTrace()]`." },
  propagation: {
    form: propagation,
    mend: 'Write `propagation: { links: [{ to: "gateway" }] }`, or leave it out.',
    inner: { protocol: `Write one of ${HOP_PROTOCOLS.join(", ")}.` },
  },
  expectChange: {
    form: z.partialRecord(z.enum(CHANGE_WORDS), listOf(z.unknown()), {
      error: "this is no list of changes by what happens",
    }),
    mend: 'Write what a replay is to change, as in { added: ["tool check_fraud"] }.',
  },
  limits: {
    form: limits,
    mend: `Known: ${Object.keys(LIMITS).join(", ")}, each a number from 0.`,
    inner: { requestMs: MEND_WAIT },
  },
};

const scenario = z.strictObject(Object.fromEntries(Object.entries(parts).map(([name, { form }]) => [name, form])));

/** What is of the wrong form in a definition. Types keep it out of TypeScript, and nothing out of plain JavaScript. */
export function formFaults(value: object, where: string): readonly Fault[] {
  return (scenario.safeParse(value).error?.issues ?? []).flatMap((issue): readonly Fault[] => {
    const [part, ...inner] = issue.path.map(String);
    const at = part === undefined ? where : `${where}, ${part}${inner.map(subscript).join("")}`;
    const mend = ownMend(issue) ?? (part === undefined ? undefined : mendOf(part, inner));
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, part, at));
    return [{ where: at, what: issue.message, mend: mend ?? "Make it with `defineScenario({ … })`." }];
  });
}

function ownMend(issue: z.core.$ZodIssue): string | undefined {
  const mend: unknown = issue.code === "custom" ? issue.params?.["mend"] : undefined;
  return typeof mend === "string" ? mend : undefined;
}

function mendOf(part: string, inner: readonly string[]): string | undefined {
  const named = inner.findLast((key) => !INDEX.test(key));
  return (named === undefined ? undefined : parts[part]?.inner?.[named]) ?? parts[part]?.mend;
}

function unknownKey(key: string, part: string | undefined, where: string): Fault {
  const known = (part === undefined ? undefined : INNER_KEYS[part]) ?? Object.keys(parts);
  return {
    where,
    what: `there is no "${key}"${didYouMean(nearestWord(key, known))}`,
    mend: `Known: ${known.join(", ")}.`,
  };
}

const INNER_KEYS: Readonly<Record<string, readonly string[]>> = {
  limits: Object.keys(LIMITS),
  propagation: ["links", "from", "to", "method", "protocol"],
};

const INDEX = /^\d+$/;

/** `[0]`, `.name`, or `["any other key"]`, which is cut where it is long. */
export function subscript(key: string): string {
  if (INDEX.test(key)) return `[${key}]`;
  const short = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  return /^[\w$./-]+…?$/.test(short) ? `.${short}` : `[${JSON.stringify(short)}]`;
}

function hasFunction(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "function";
}
