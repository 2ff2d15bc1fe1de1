import * as z from "zod";
import { canonicalJson } from "../core/json.ts";
import { type Fault, TroupeError } from "../core/errors.ts";
import type { Message, ToolCall } from "../scenario/model.ts";
import type { AnsweredCall } from "./recorded-servers.ts";

/**
 * One chat message as OpenAI's API writes it, and with it most frameworks and benchmarks, tau-bench among them.
 *
 * Wide types, so that an imported JSON file fits them. What a message holds beyond these fields is not read.
 */
export interface RecordedMessage {
  /** `user`, `assistant` or `tool`; `system` and `developer` messages are the agent's own business and are not read. */
  readonly role: string;
  /** A text, or parts of type `text`. */
  readonly content?:
    string | readonly { readonly type: string; readonly text?: string | undefined }[] | null | undefined;
  readonly name?: string | undefined;
  /** What an assistant calls; `arguments` is the text of a JSON object. */
  readonly tool_calls?:
    | readonly {
        readonly id: string;
        readonly type?: string | undefined;
        readonly function: { readonly name: string; readonly arguments: string };
      }[]
    | null
    | undefined;
  /** Which call a `tool` message answers. */
  readonly tool_call_id?: string | undefined;
}

/** A recorded conversation in Troupe's own words. */
export interface Chat {
  /** All but system messages, each with its place in the recording. */
  readonly messages: readonly (Message & { readonly at: number })[];
  /** Every tool call and what was answered to it, in the order in which they were made. */
  readonly exchanges: readonly AnsweredCall[];
}

const words = z
  .union([z.string(), z.array(z.object({ type: z.literal("text"), text: z.string() }))], {
    error: "this is no text",
  })
  .nullish()
  .transform((content) => (typeof content === "string" ? content : (content ?? []).map(({ text }) => text).join("\n")));

const text = z.string({ error: "this is no text" });

const callArguments = text.transform((given, context): ToolCall["arguments"] => {
  try {
    // Some models write nothing where a tool takes no arguments.
    const value: unknown = JSON.parse(given.trim() === "" ? "{}" : given);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // What is no JSON is no object either.
  }
  context.addIssue({ code: "custom", message: `${JSON.stringify(given.slice(0, 80))} is no JSON object` });
  return z.NEVER;
});

const toolCall = z.object(
  { id: text, function: z.object({ name: text, arguments: callArguments }, { error: "this is no function" }) },
  { error: "this is no tool call" },
);

const recorded = z.discriminatedUnion(
  "role",
  [
    z.object({ role: z.literal("system") }),
    z.object({ role: z.literal("developer") }),
    z.object({ role: z.literal("user"), content: words }),
    z.object({
      role: z.literal("assistant"),
      content: words,
      tool_calls: z.array(toolCall, { error: "this is no list" }).nullish(),
    }),
    z.object({ role: z.literal("tool"), content: words, tool_call_id: text }),
  ],
  { error: "this is none of the roles system, developer, user, assistant and tool" },
);

type Recorded = z.output<typeof recorded>;

/**
 * Reads chat messages, and finds for each tool call its result.
 *
 * A user message that nobody answers ends a recording; it is left out, since it changes nothing any more.
 *
 * @throws TroupeError `SCENARIO_INVALID` with every fault of the recording, each at its message.
 */
export function readChat(name: string, messages: readonly RecordedMessage[]): Chat {
  const where = `recording ${JSON.stringify(name)}`;
  // Types keep this out of TypeScript, and nothing out of plain JavaScript.
  if (!Array.isArray(messages))
    throw new TroupeError("SCENARIO_INVALID", {
      where,
      what: "this is no list of messages",
      mend: "Pass the list itself, such as `recording.messages`.",
    });
  const formFaults: Fault[] = [];
  const parsed = messages.flatMap((message, at) => {
    const { data, error } = recorded.safeParse(message);
    for (const { path, message: what } of error?.issues ?? [])
      formFaults.push({
        where: placeOf(where, at, path),
        what,
        mend: "Write it as OpenAI's chat messages are written.",
      });
    return data === undefined ? [] : [data];
  });
  // What one message lacks would show again in those that follow it.
  if (formFaults.length > 0) throw new TroupeError("SCENARIO_INVALID", formFaults);
  const reader = new ChatReader(where);
  for (const [at, message] of parsed.entries()) reader.read(message, at);
  reader.end();
  if (reader.faults.length > 0) throw new TroupeError("SCENARIO_INVALID", reader.faults);
  return reader;
}

function placeOf(where: string, at: number, path: readonly PropertyKey[] = []): string {
  const inside = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`));
  return `${where}, messages[${at}]${inside.join("")}`;
}

/** A call that waits for its result. */
interface OpenCall {
  readonly call: ToolCall;
  readonly at: number;
  result?: string;
}

class ChatReader implements Chat {
  readonly messages: (Message & { readonly at: number })[] = [];
  readonly exchanges: AnsweredCall[] = [];
  readonly faults: Fault[] = [];
  readonly #where: string;
  #calls: OpenCall[] = [];

  constructor(where: string) {
    this.#where = where;
  }

  read(message: Recorded, at: number): void {
    if (message.role === "system" || message.role === "developer") return;
    if (message.role === "tool") return this.#readResult(message, at);
    this.#closeCalls();
    const previous = this.messages.at(-1)?.role;
    if (message.role === "user") {
      if (previous === "user") this.#fault(at, "the user speaks twice in a row", "Join the two messages.");
      if (previous === "tool") this.#fault(at, "the user speaks before the assistant did", MEND_END);
      this.messages.push({ role: "user", text: message.content, at });
      return;
    }
    if (previous === undefined)
      this.#fault(at, "the assistant speaks first", "Leave its greeting out: the user begins.");
    if (previous === "assistant") this.#fault(at, "the assistant speaks twice in a row", "Join the two messages.");
    const toolCalls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => ({
      id,
      name,
      arguments: args,
    }));
    this.messages.push({ role: "assistant", text: message.content, toolCalls, at });
    this.#calls = toolCalls.map((call) => ({ call, at }));
  }

  #readResult({ tool_call_id: id, content: result }: Recorded & { readonly role: "tool" }, at: number): void {
    const open = this.#calls.find(({ call, result: known }) => call.id === id && known === undefined);
    if (open === undefined)
      return this.#fault(
        at,
        `no call ${JSON.stringify(id)} waits for this result`,
        "Put it behind the message that made the call.",
      );
    open.result = result;
    this.messages.push({ role: "tool", tool: open.call.name, text: result, isError: false, at });
  }

  #closeCalls(): void {
    for (const { call, at, result } of this.#calls)
      if (result === undefined)
        this.#fault(at, `its call ${call.name} ${canonicalJson(call.arguments)} has no result`, MEND_END);
      else this.exchanges.push({ tool: call.name, arguments: call.arguments, result });
    this.#calls = [];
  }

  end(): void {
    this.#closeCalls();
    if (this.messages.at(-1)?.role === "user") this.messages.pop();
    if (this.messages.length === 0)
      this.faults.push({
        where: this.#where,
        what: "no user message in it is answered",
        mend: "Give the messages of a whole conversation.",
      });
  }

  #fault(at: number, what: string, mend: string): void {
    this.faults.push({ where: placeOf(this.#where, at), what, mend });
  }
}

const MEND_END = "Add what is missing, or end the recording before it.";
