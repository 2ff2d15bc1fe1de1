import { canonicalJson } from "../core/json.ts";
import type { A2aAgent } from "../scenario/a2a.ts";
import { DEFINITION } from "../scenario/brand.ts";
import type { Model } from "../scenario/model.ts";
import type { RecordedAgent, RecordedSpan, RecordedWork } from "../scenario/recorded-agent.ts";
import type { McpServer } from "../scenario/server.ts";
import { semanticNodes } from "../trace/semantic.ts";
import { serviceOf } from "../trace/span.ts";
import type { SpanNode, Tree } from "../trace/tree.ts";
import { preorder } from "../trace/walk.ts";
import { type Exchange, type UserExchange, resultValue } from "./exchange.ts";
import type { Answering } from "./answering.ts";
import { recordedAttempts } from "./exchanges.ts";
import { type Askable, type LiveAsk, askedConversation, isMissing, liveAskOf, placeholder } from "./live-asks.ts";
import { freeName, isServiceName } from "./names.ts";
import { RemoteCasting } from "./remote-stand-ins.ts";

/** Those who do again what a recorded tree says. */
export interface StandIns {
  /** The one to whom the user speaks first comes first. */
  readonly agents: readonly RecordedAgent[];
  /** In services of their own, asked over A2A. */
  readonly remotes: readonly A2aAgent[];
}

export interface Recorded {
  /** Of the recording's trajectory. */
  readonly trees: readonly Tree[];
  readonly exchanges: readonly Exchange[];
  readonly servers: readonly McpServer[];
  readonly model: Model;
  readonly answering: Answering;
}

/** Who speaks to the stand-ins. */
const USER = "user";

/**
 * Stand-ins for all agents of a recorded tree. Each does what is below its own spans; what stands in no agent is done by one
 * more, which has no span of its own. Questions are put to model, servers and remote agents for real wherever a run makes
 * of them what was recorded; else the spans alone are made again.
 */
export function standInsOf(recorded: Recorded): StandIns {
  const turns = turnsIn(recorded);
  const casting = new Casting(recorded, turns);
  for (const [index, turn] of turns.entries()) casting.addTurn(turn, turns[index + 1]);
  return casting.standIns();
}

interface Turn {
  /** Semantic nodes, by start. */
  readonly nodes: readonly SpanNode[];
  readonly said: UserExchange | undefined;
}

/** Recorded turns are marked in a trajectory; where none is, a trace is one. */
function turnsIn({ trees, exchanges }: Recorded): readonly Turn[] {
  const users = exchanges.filter((exchange) => exchange.kind === "user");
  const roots = trees.flatMap((tree): readonly (readonly SpanNode[])[] => {
    const marks = tree.roots.filter(({ meaning }) => meaning.isHarness && meaning.kind === "turn");
    return marks.length === 0 ? [tree.roots] : marks.map((mark) => [mark]);
  });
  return roots
    .map((of) => ({ spanId: of[0]?.span.spanId, nodes: semanticNodes(of) }))
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ spanId, nodes }, index) => ({ nodes, said: users.find((one) => one.spanId === spanId) ?? users[index] }));
}

/** Where a node is done: by which agent, and whether that is a remote one, in a process of its own. */
interface Place {
  readonly agent: string;
  readonly isRemote: boolean;
}

/** A node in its place. */
interface Placed {
  readonly node: SpanNode;
  readonly place: Place;
  readonly live: LiveAsk | undefined;
  /** What is done inside of it, wherever. */
  readonly inside: readonly SpanNode[];
}

class Casting {
  readonly #exchanges: ReadonlyMap<string, Exchange>;
  readonly #remotes: RemoteCasting;
  readonly #live: ReadonlyMap<SpanNode, LiveAsk>;
  readonly #works = new Map<string, RecordedWork[]>();
  /** What agents are called here, by their recorded names. */
  readonly #names = new Map<string, string>();
  #first: string | undefined;
  /** Who does what stands in no agent. */
  readonly #conductor: string;

  constructor({ exchanges, servers, model, answering }: Recorded, turns: readonly Turn[]) {
    this.#exchanges = new Map(
      exchanges.flatMap((one) => (one.spanId === undefined ? [] : [[one.spanId, one] as const])),
    );
    const served = new Set(servers.map(({ name }) => name));
    const asked = exchanges.filter((exchange) => exchange.kind === "ask").map(({ to }) => to);
    const remotes = new Set(asked.filter((name) => isServiceName(name) && !served.has(name)));
    this.#remotes = new RemoteCasting(remotes, { servers, model, answering });
    const nodes = preorder(turns.flatMap((turn) => turn.nodes));
    const asks = exchanges.filter((exchange) => exchange.kind === "model");
    const numbers = recordedAttempts(asks.map((one) => ({ ...one, conversation: askedConversation(one) })));
    const attempts = new Map(asks.map((exchange, index) => [exchange, numbers[index] ?? 1]));
    this.#live = liveAsks(nodes, this.#exchanges, { servers: served, remotes, attempts });
    const taken = new Set(remotes);
    for (const { meaning } of nodes)
      if (meaning.kind === "agent" && !this.#names.has(meaning.name)) {
        const name = freeName(meaning.name, "agent", taken);
        taken.add(name);
        this.#names.set(meaning.name, name);
      }
    this.#conductor = freeName("recording", "recording", taken);
  }

  addTurn({ nodes, said }: Turn, next: Turn | undefined): void {
    const agent = this.#entryOf(nodes);
    const input = said === undefined || isMissing(said, "question") ? placeholder(said?.spanId) : said.text;
    const reply = {
      text: said?.reply ?? "",
      agent: next === undefined ? agent : this.#entryOf(next.nodes),
      state: null,
    };
    this.#first ??= agent;
    const steps = this.#stepsFor(nodes, { input, reply });
    if (agent === this.#conductor) this.#addWork(agent, { caller: USER, input, steps, reply });
  }

  standIns(): StandIns {
    const agents = [...this.#works].map(([name, works]): RecordedAgent => {
      const sorted = works.toSorted(byStart);
      return { name, service: sorted[0]?.steps[0]?.service ?? "", works: sorted, [DEFINITION]: "agent" };
    });
    const first = this.#first;
    return {
      agents: agents.toSorted((a, b) => Number(b.name === first) - Number(a.name === first)),
      remotes: this.#remotes.standIns(),
    };
  }

  /** To whom the user speaks: the agent that all of a turn stands in, if there is one. */
  #entryOf(nodes: readonly SpanNode[]): string {
    const [only, ...others] = nodes;
    if (only?.meaning.kind !== "agent" || others.length > 0) return this.#conductor;
    return this.#nameOf(only);
  }

  #nameOf({ meaning: { name } }: SpanNode): string {
    return this.#names.get(name) ?? name;
  }

  #addWork(agent: string, work: RecordedWork): void {
    const known = this.#works.get(agent);
    if (known === undefined) this.#works.set(agent, [work]);
    else known.push(work);
  }

  /** The steps that stand at the top of a turn; what is done in other places becomes the works of those. */
  #stepsFor(tops: readonly SpanNode[], turn: Pick<RecordedWork, "input" | "reply">): readonly RecordedSpan[] {
    const entry = this.#entryOf(tops);
    const steps = new Map<SpanNode, RecordedSpan>();
    for (const placed of this.#placed(tops, entry).toReversed()) {
      const { node, place, live, inside } = placed;
      const insideSteps = inside.flatMap((each) => steps.get(each) ?? []);
      const own = recordedSpan(node, live, insideSteps);
      const exchange = this.#exchanges.get(node.span.spanId);
      if (place.isRemote && live !== undefined) this.#remotes.note(place.agent, live.asks);
      if (exchange?.kind === "ask") this.#remotes.addWork(exchange, place.agent, live === undefined ? [] : insideSteps);
      if (node.meaning.kind !== "agent" || place.isRemote) {
        steps.set(node, own);
        continue;
      }
      const agent = this.#nameOf(node);
      const isEntry = node === tops[0] && entry === agent;
      const work = isEntry
        ? { caller: USER, ...turn }
        : { caller: place.agent, input: inputOf(node, turn.input), reply: { text: "", agent, state: null } };
      this.#addWork(agent, { ...work, steps: [own] });
      const isQuestion = node.parent?.meaning.kind !== "handoff";
      const call = {
        to: "agent",
        agent,
        text: work.input,
        payload: node.parent?.meaning.arguments,
        isQuestion,
      } as const;
      steps.set(node, { ...own, asks: call, steps: [] });
    }
    return tops.flatMap((node) => steps.get(node) ?? []);
  }

  /** Every node at and below `tops`, parents before children, but for far ends that mocks make themselves. */
  #placed(tops: readonly SpanNode[], entry: string): readonly Placed[] {
    const placed: Placed[] = [];
    const stack = tops.map((node) => ({ node, place: { agent: entry, isRemote: false } })).toReversed();
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { node, place } = next;
      const live = this.#live.get(node);
      const inside = live?.farSteps ?? semanticNodes(node.children);
      placed.push({ node, place, live, inside });
      const innerPlace = this.#placeInside(node, place, live);
      for (const child of inside.toReversed()) stack.push({ node: child, place: innerPlace });
    }
    return placed;
  }

  #placeInside(node: SpanNode, place: Place, live: LiveAsk | undefined): Place {
    if (live?.asks.to === "remote") return { agent: live.asks.agent, isRemote: true };
    const isOwn = node.meaning.kind === "agent" && !place.isRemote;
    return isOwn ? { agent: this.#nameOf(node), isRemote: false } : place;
  }
}

/**
 * The calls that are made for real, by node. Equal calls of a server, and equal questions to a remote agent, are answered in
 * their order, so that they are all made or none.
 */
function liveAsks(
  nodes: readonly SpanNode[],
  exchanges: ReadonlyMap<string, Exchange>,
  known: Askable,
): ReadonlyMap<SpanNode, LiveAsk> {
  const live = new Map<SpanNode, LiveAsk>();
  const keys = new Map<SpanNode, string>();
  const unmade = new Set<string>();
  for (const node of nodes) {
    const exchange = exchanges.get(node.span.spanId);
    const ask = liveAskOf(node, semanticNodes(node.children), exchange, known);
    if (ask !== undefined) live.set(node, ask);
    const key = exchange === undefined ? undefined : callKey(exchange);
    if (key === undefined) continue;
    keys.set(node, key);
    if (ask === undefined) unmade.add(key);
  }
  for (const [node, key] of keys) if (unmade.has(key)) live.delete(node);
  return live;
}

/** What equal calls have in common; undefined for those whose answers have no order. */
function callKey(exchange: Exchange): string | undefined {
  if (exchange.kind === "tool")
    return canonicalJson([exchange.agent, exchange.server, exchange.tool, exchange.arguments]);
  const isQuestion = exchange.kind === "ask" && !isMissing(exchange, "question");
  return isQuestion ? canonicalJson([exchange.agent, exchange.to, exchange.text]) : undefined;
}

function byStart(a: RecordedWork, b: RecordedWork): number {
  const [first, second] = [a.steps[0]?.startUnixNano ?? 0n, b.steps[0]?.startUnixNano ?? 0n];
  return first < second ? -1 : first > second ? 1 : 0;
}

function recordedSpan({ span }: SpanNode, live: LiveAsk | undefined, steps: readonly RecordedSpan[]): RecordedSpan {
  const { name, spanKind, status, attributes, startTimeUnixNano: startUnixNano, endTimeUnixNano } = span;
  const answered = live?.answered ?? [];
  return {
    name,
    spanKind,
    service: serviceOf(span),
    status,
    attributes: Object.fromEntries(Object.entries(attributes).filter(([key]) => !answered.includes(key))),
    answered,
    startUnixNano,
    endUnixNano: endTimeUnixNano ?? startUnixNano,
    asks: live?.asks ?? null,
    // A mock takes its own.
    steps: live === undefined ? steps : [],
  };
}

/** What an agent was told by whoever called on it: what a question's payload says, else what the user did. */
function inputOf({ parent }: SpanNode, said: string): string {
  if (parent?.meaning.kind !== "handoff" || parent.meaning.arguments === undefined) return said;
  const payload = resultValue(parent.meaning.arguments);
  return typeof payload === "string" ? payload : said;
}
