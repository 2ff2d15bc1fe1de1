import { type Attributes, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { canonicalJson } from "../core/json.ts";
import { hash64, randomStream } from "../core/random.ts";
import { askMethod } from "../mock/a2a-client.ts";
import { complete } from "../mock/model.ts";
import { AskFailedError, type RemoteReply, a2aAgentsOf, mcpServersOf } from "../scenario/a2a.ts";
import type { Agent } from "../scenario/agent.ts";
import type { RecordedAsk, RecordedSpan, RecordedWork } from "../scenario/recorded-agent.ts";
import type { McpServer } from "../scenario/server.ts";
import { inSpan } from "../telemetry/spans.ts";
import { ATTR } from "../trace/conventions.ts";
import type { SpanKind as RecordedKind } from "../trace/span.ts";
import { offeredTools } from "./model-step.ts";
import { type Stage, conversationAttributes } from "./stage.ts";
import { type Part, Steps } from "./steps.ts";
import { toolOutcome } from "./tool-outcome.ts";

const KINDS: Readonly<Record<RecordedKind, SpanKind>> = {
  unspecified: SpanKind.INTERNAL,
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** How long a step takes that asks nobody. */
const STEP_NANO = 1_000_000;

/** Has an agent of this process work; the caller's own span is there already. */
export type CallAgent = (target: Agent, ask: Extract<RecordedAsk, { readonly to: "agent" }>) => Promise<unknown>;

/** What an answer said, by attribute; and in which words that it was a failure. */
interface Answer {
  readonly says: Attributes;
  readonly failed?: string;
}

const SILENT: Answer = { says: {} };

/**
 * Takes recorded steps again: it asks what was asked of model, servers and agents for real, and makes the spans around
 * that as they were recorded. What an answer says is what is answered now.
 */
export class RecordedSteps extends Steps {
  readonly #callAgent: CallAgent;

  constructor(part: Part, callAgent: CallAgent) {
    super(part);
    this.#callAgent = callAgent;
  }

  /** @throws whatever a question is refused with that was not recorded as it is asked now. */
  async perform({ steps }: RecordedWork): Promise<void> {
    await this.#takeAll(steps);
  }

  /** What was at work at one time is at work at one time again; what had ended before something began ends before it. */
  async #takeAll(steps: readonly RecordedSpan[]): Promise<void> {
    // Of a deep tree each level goes on from here, and not inside the one above it.
    await this.part.stage.world.pause(STEP_NANO, false);
    const byEnd = steps
      .map((step, index) => ({ end: step.endUnixNano, index }))
      .toSorted((a, b) => (a.end < b.end ? -1 : a.end > b.end ? 1 : a.index - b.index));
    const taken: Promise<void>[] = [];
    let before: Promise<unknown> = Promise.resolve();
    let ended = 0;
    for (const [index, step] of steps.entries()) {
      for (let next = byEnd[ended]; next !== undefined; next = byEnd[++ended]) {
        if (next.end > step.startUnixNano || next.index >= index) break;
        before = Promise.all([before, taken[next.index]]);
      }
      taken.push(before.then(() => this.#takeOne(step)));
    }
    await Promise.all(taken);
  }

  async #takeOne(step: RecordedSpan): Promise<void> {
    const { asks, steps } = step;
    if (asks?.to === "agent") {
      await this.#callAgent(named(this.part.cast.company.agents, asks.agent), asks);
      return;
    }
    await this.#inSpan(step, async () => {
      if (asks !== null) return await this.#ask(asks);
      await this.#takeAll(steps);
      return SILENT;
    });
  }

  /** A step that asks has the status of its answer, any other the recorded one. */
  async #inSpan(step: RecordedSpan, work: () => Promise<Answer>): Promise<void> {
    const { stage } = this.part;
    const { name, spanKind, service, attributes, answered, status, asks } = step;
    // Written out of a meaning, these are texts, numbers, and lists of texts.
    const own = { ...(attributes as Attributes), ...conversationAttributes(stage.identity) };
    const request = { name, kind: KINDS[spanKind], attributes: own };
    await inSpan(stage.service(service).tracer, request, async (span) => {
      const { says, failed } = await work();
      for (const key of answered) {
        const value = says[key];
        if (value !== undefined) span.setAttribute(key, value);
      }
      const message = asks === null && status.code === "error" ? (status.message ?? "") : failed;
      if (message !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message });
      else if (status.code === "ok") span.setStatus({ code: SpanStatusCode.OK });
    });
  }

  async #ask(asks: Exclude<RecordedAsk, { readonly to: "agent" }>): Promise<Answer> {
    if (asks.to === "model") return await this.#askModelAgain(asks);
    if (asks.to === "remote") return await this.#askRemoteAgain(asks);
    const server = named(mcpServersOf(this.part.cast.company.mocks), asks.server);
    if (asks.to === "tool") return await this.#callToolAgain(server, asks);
    const { client } = await this.session(server);
    if (asks.to === "resource")
      await this.answerOf(server, `resources/read ${asks.uri}`, (timeout) =>
        client.readResource({ uri: asks.uri }, { timeout }),
      );
    else
      await this.answerOf(server, `prompts/get ${asks.name}`, (timeout) =>
        client.getPrompt({ name: asks.name, arguments: {} }, { timeout }),
      );
    return SILENT;
  }

  async #askModelAgain({ agent, model, conversation, attempt }: Asking<"model">): Promise<Answer> {
    const { stage, cast } = this.part;
    const key = canonicalJson(conversation);
    const done = complete(cast.company.model, {
      agent,
      model,
      conversation,
      tools: offeredTools(cast.company.mocks),
      toolChoice: "auto",
      isParallel: true,
      attempt,
      random: randomStream(stage.identity.seed, `model/${model}/${agent}/${hash64(key)}/${attempt}`),
    });
    await stage.world.pause(done.totalMs * 1_000_000, false);
    const says = { [ATTR.inputTokens]: done.inputTokens, [ATTR.outputTokens]: done.outputTokens };
    if (done.failure === undefined) return { says };
    const isTold = typeof done.failure === "object" && "message" in done.failure;
    return { says, failed: isTold ? (done.failure.message ?? "") : "the model failed" };
  }

  async #callToolAgain(server: McpServer, { tool, arguments: args }: Asking<"tool">): Promise<Answer> {
    const { client } = await this.session(server);
    const result = await this.answerOf(server, `tools/call ${tool}`, (timeout) =>
      client.callTool({ name: tool, arguments: args }, undefined, { timeout }),
    );
    const { text, isError, structured } = toolOutcome(result);
    const says = { [ATTR.toolResult]: structured === undefined ? text : canonicalJson(structured) };
    return { says, ...(isError && { failed: text }) };
  }

  async #askRemoteAgain({ agent, text, options }: Asking<"remote">): Promise<Answer> {
    const { cast, conversation } = this.part;
    const target = named(a2aAgentsOf(cast.company.mocks), agent);
    const client = await cast.remote(target, (reach) => this.inTime(target, "GET of its card", reach));
    const question = { text, caller: this.agent, contextId: conversation, options };
    try {
      return { says: taskSays(await this.inTime(target, askMethod(options), () => client.ask(question))) };
    } catch (error) {
      if (!(error instanceof AskFailedError)) throw error;
      return { says: taskSays(error.reply), failed: error.message };
    }
  }
}

/**
 * Which of its recorded works is due: the first that is not done yet, of those for this caller and these words where there
 * are any, failing that of those for this caller.
 *
 * @throws Error where it is called on more often than it was recorded.
 */
export function workFor(
  stage: Stage,
  { name, works }: { readonly name: string; readonly works: readonly RecordedWork[] },
  { caller, input }: Pick<RecordedWork, "caller" | "input">,
): RecordedWork {
  const done = stage.state({ name: `recorded agent ${name}`, state: () => new Set<RecordedWork>() });
  if (!(done instanceof Set)) throw new Error(`BUG: the works of ${name} are no set`);
  const left = works.filter((work) => !done.has(work));
  const own = left.filter((work) => work.caller === caller);
  const due = own.find((work) => work.input === input) ?? own[0] ?? left[0];
  if (due === undefined)
    throw new Error(`it is called on once more than it was recorded, which was ${works.length} times`);
  done.add(due);
  return due;
}

type Asking<To extends RecordedAsk["to"]> = Extract<RecordedAsk, { readonly to: To }>;

function taskSays({ task, state }: RemoteReply): Attributes {
  return task === null ? {} : { [ATTR.a2aTaskId]: task, [ATTR.a2aTaskState]: state };
}

/** @throws Error where a scenario has taken out who was recorded being asked. */
function named<T extends { readonly name: string }>(known: readonly T[], name: string): T {
  const found = known.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = known.map((one) => one.name).join(", ");
  throw new Error(`it was recorded asking ${name}, who is not there (there: ${names === "" ? "nobody" : names})`);
}
