import { type A2aAgent, type Mock, type RemoteAnswer, a2aAgent } from "../scenario/a2a.ts";
import type { Model } from "../scenario/model.ts";
import type { RecordedAsk, RecordedSpan, RecordedWork } from "../scenario/recorded-agent.ts";
import type { McpServer } from "../scenario/server.ts";
import type { Answering } from "./answering.ts";
import type { AskExchange } from "./exchange.ts";
import { isMissing, placeholder } from "./live-asks.ts";
import { type RecordedReply, recordedReplies } from "./recorded-replies.ts";
import { recordedPart } from "./rewired.ts";

interface Question extends RecordedReply<RecordedWork> {
  readonly startMs: number;
}

interface Remote {
  readonly asked: Question[];
  readonly uses: Set<string>;
}

/** What remote stand-ins find around them, and how they answer. */
interface Around {
  readonly servers: readonly McpServer[];
  readonly model: Model;
  readonly answering: Answering;
}

/** Stand-ins for remote agents, with what each of them did for whom. */
export class RemoteCasting {
  readonly #remotes: ReadonlyMap<string, Remote>;
  readonly #around: Around;

  constructor(names: Iterable<string>, around: Around) {
    this.#remotes = new Map([...names].map((name) => [name, { asked: [], uses: new Set() }]));
    this.#around = around;
  }

  /** What a remote agent asks it has to know. */
  note(remote: string, asks: RecordedAsk): void {
    const { uses } = this.#remotes.get(remote) ?? {};
    if (asks.to === "remote") uses?.add(asks.agent);
    else if ("server" in asks) uses?.add(asks.server);
  }

  /** What a remote agent did for one question; later questions first, as they are found from the inside out. */
  addWork(exchange: AskExchange, caller: string, steps: readonly RecordedSpan[]): void {
    const { to, reply, state, spanId, startMs } = exchange;
    const isKnown = !isMissing(exchange, "question");
    const text = isKnown ? exchange.text : placeholder(spanId);
    const end = state === null ? null : (ENDS[state] ?? "completed");
    const answer = { caller, input: text, steps, reply: { text: reply, agent: to, state: end } };
    this.#remotes.get(to)?.asked.push({ caller, text, isKnown, reply, answer, startMs });
  }

  standIns(): readonly A2aAgent[] {
    const { servers, model, answering } = this.#around;
    const mocks = new Map<string, Mock>(servers.map((server) => [server.name, server]));
    const made = [...this.#remotes].map(([name, { asked, uses }]) => {
      const inOrder = asked.toReversed().toSorted((a, b) => a.startMs - b.startMs);
      const makeAgain = (given: Answering): Pick<A2aAgent, "again"> => ({
        again: recordedReplies(name, inOrder, { answering: given, worded }),
      });
      const known: Mock[] = [];
      const agent = {
        ...a2aAgent(name, { model, work: noWork, servers: known }),
        ...recordedPart(makeAgain, answering),
      };
      mocks.set(name, agent);
      return { agent, uses, known };
    });
    // Remote agents may know each other.
    for (const { uses, known } of made) known.push(...[...uses].flatMap((used) => mocks.get(used) ?? []));
    return made.map(({ agent }) => agent);
  }
}

function noWork(): never {
  throw new Error("BUG: a stand-in does not work, it does works again");
}

/** What it does stays as it was: only its words are others. */
function worded(work: RecordedWork, text: string): RecordedWork {
  return { ...work, reply: { ...work.reply, text } };
}

/** How work ends that is asked about when it has. */
const ENDS: Readonly<Record<string, RemoteAnswer["state"]>> = {
  "input-required": "input-required",
  "auth-required": "input-required",
  failed: "failed",
  canceled: "failed",
  rejected: "rejected",
};
