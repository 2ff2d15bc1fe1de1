import { TroupeError } from "../core/errors.ts";
import type { Miss } from "../recording/answering.ts";
import { rewired } from "../recording/rewired.ts";
import { type Mock, isA2aAgent, mocksToStart } from "../scenario/a2a.ts";
import { isEndpoint, isForeign } from "../scenario/agent.ts";
import type { WireFault } from "../scenario/fault.ts";
import { whyNotOver } from "../scenario/fault-transport.ts";
import type { Plan } from "../scenario/plan.ts";
import type { Mode } from "../scenario/scenario.ts";
import type { SpanFault } from "../scenario/span-fault.ts";
import { openCollector } from "../telemetry/collector.ts";
import type { Fetch } from "../wire/http-exchange.ts";
import { freshId } from "../wire/fresh-id.ts";
import { EPOCH_UNIX_NANO } from "../wire/system-clock.ts";
import type { WireTransport } from "./control.ts";
import { awaitSpans, strayNotes } from "./exported.ts";
import { ForeignAgents } from "./foreign/agents.ts";
import type { Surroundings } from "./foreign/environment.ts";
import { strangersOf } from "./foreign/strangers.ts";
import { gathered } from "./gathered.ts";
import type { SpansFrom } from "./live/spans-from.ts";
import type { Run, Script } from "./outcome.ts";
import { NO_PEERS, type Peers } from "./peers.ts";
import { NOT_PLAYED, type Played, harvest, play } from "./play.ts";
import { prepareThread } from "./prepare-thread.ts";
import { Processes, joined } from "./processes.ts";
import type { RealTools } from "./real-tools.ts";
import { RealWorld } from "./real-world.ts";
import { SimulatedPeers } from "./simulated-peers.ts";
import { type RunIdentity, Stage } from "./stage.ts";
import { AGENTS_SERVICE } from "./turn.ts";
import { VirtualWorld } from "./virtual-world.ts";

/** What goes wrong in a run on purpose, besides what its scenario states. */
export interface Breaks {
  /** They follow the scenario's own, and are counted on from there. */
  readonly faults?: readonly WireFault[];
  readonly spans?: readonly SpanFault[];
}

export interface RunOptions {
  readonly breaks?: Breaks;
  /** What becomes of questions that recordings do not hold, in every process; as each part says, where it is left out. */
  readonly miss?: Miss;
  /** What may be called in the real world where `miss` is `live`. */
  readonly real?: RealTools;
  /** Default `sim`. */
  readonly mode?: Mode;
  /** In `live`, where spans come from. Default: from nowhere. */
  readonly spans?: SpansFrom;
  /** Over what MCP servers are reached in `wire`; default: what the scenario says. */
  readonly transport?: WireTransport;
  /** Default true: commands that are Python programs get Troupe's `sitecustomize`, which takes up their context. */
  readonly hasPreload?: boolean;
  /** In `wire`, the world that the agents are recorded in. */
  readonly outside?: Outside;
  /** The file that exports the scenario, from which the processes of `wire` load their part of it. */
  readonly file?: string;
}

/** What the agents of a run find in place of the scenario's mocks, and who speaks to them in place of its script. */
export interface Outside extends Pick<Surroundings, "models" | "mcpServers" | "a2aAgents"> {
  readonly script: Script;
  /** Ends programs before their time; the run then ends as it would had they ended themselves. */
  readonly signal: AbortSignal;
}

/** The runs of this thread, one after the other: they share its patched globals. */
let queue: Promise<unknown> = Promise.resolve();

/**
 * Executes a plan. Runs that are asked for at once wait for each other.
 *
 * Everything that goes wrong *in* the run is in the result; it throws only where a run cannot begin.
 *
 * @throws TroupeError `RUN_REFUSED` when another tracer provider is registered in this process; when a run in `wire` has
 *   no file, or a fault that its transport cannot have; in `sim` when one of the agents does not run in this process; and
 *   in `live` when the one that is spoken to does not run elsewhere. In `live` also what opening the source of its
 *   spans throws.
 */
export function execute(plan: Plan, options: RunOptions = {}): Promise<Run> {
  const { mode = "sim" } = options;
  const run = queue.then(() => WORLDS[mode](plan, options));
  queue = run.catch(() => undefined);
  return run;
}

async function simulated(given: Plan, options: RunOptions): Promise<Run> {
  prepareThread();
  const foreign = given.scenario.agents.find(isForeign);
  if (foreign !== undefined) throw withoutSim(given, foreign.name);
  const identity = identityOf(given, options);
  const { network } = given.scenario;
  const fetchOf = (url: URL): Fetch | undefined => peers.fetchOf(url);
  const stage = new Stage(identity, (heard) => new VirtualWorld(given.seed, identity.limits, heard, fetchOf));
  const peers = new SimulatedPeers(stage, network);
  const plan = asCast(given, stage);
  const { model, servers: mocks } = plan.scenario;
  const played = await play(plan, stage, {
    peers: peers.of(AGENTS_SERVICE, { model, mocks }),
    close: () => peers.close(),
  });
  return harvest(plan, stage, played);
}

async function wired(given: Plan, options: RunOptions): Promise<Run> {
  prepareThread();
  const { file, transport = given.scenario.transport, outside } = options;
  if (file === undefined) throw withoutFile(given);
  const lack = whyNotOver(given.scenario, transport);
  if (lack !== undefined) throw withoutFault(given, lack);
  const identity = identityOf(given, options);
  const time = { epochUnixNano: EPOCH_UNIX_NANO, waitsForAll: false };
  let reached: Processes | undefined;
  const fetchOf = (url: URL): Fetch | undefined => reached?.fetchOf(url);
  const stage = new Stage(identity, (heard) => new RealWorld(identity.limits, time, heard, fetchOf));
  const plan = asCast(given, stage);
  const collector = await openCollector();
  try {
    const exportTo = collector.urlOf(plan.runId);
    const mocks = mocksToStart(plan.scenario.servers, transport).filter((mock) => isUsedHere(plan, mock, transport));
    const strangers = strangersOf(plan.scenario.agents);
    const request = { stage, file, transport, mocks, urls: {}, exportTo, epochUnixNano: EPOCH_UNIX_NANO, strangers };
    const { processes, isUp } = await Processes.start(request);
    reached = processes;
    const mocked = processes.of(AGENTS_SERVICE, plan.scenario.model);
    const peers: Peers = {
      ...mocked,
      ...(outside === undefined ? {} : { models: () => Promise.resolve(outside.models) }),
      endpoints: () => foreign.endpointsFor(AGENTS_SERVICE, programs),
    };
    const programs = {
      ...request,
      hasPreload: options.hasPreload ?? true,
      models: () => peers.models(),
      urlOf: (name: string) => processes.urlOf(name),
      ...(outside === undefined ? {} : { outside }),
    };
    const foreign = new ForeignAgents({ stage, plan, programs });
    outside?.signal.addEventListener("abort", () => void foreign.end(), { once: true });
    const around = { peers, foreign, ...(outside === undefined ? {} : { script: outside.script }) };
    const played: Played = isUp ? await play(plan, stage, around) : NOT_PLAYED;
    const elsewhere = joined([await processes.end(), ...(await foreign.endServers())]);
    stage.ledger.entries.push(...foreign.toldEntries([...stage.ledger.entries, ...elsewhere.ledger]));
    const here = { ...harvest(plan, stage, played), unsettled: foreign.unsettled };
    const traceIds = here.spans.map(({ traceId }) => traceId);
    const exported = await awaitSpans(plan, collector, {
      isWhole: (spans) => gathered(here, elsewhere, { spans, faults: [] }).missing.length === 0,
      traceIds,
    });
    const run = gathered({ ...here, late: exported.late }, elsewhere, exported);
    return { ...run, notes: [...run.notes, ...strayNotes(collector.takeRest())] };
  } finally {
    await collector.close();
  }
}

/** With an agent that somebody else runs. Stores keep every run, so that each has ids of its own. */
async function lived(given: Plan, options: RunOptions): Promise<Run> {
  prepareThread();
  const { spans = NO_SPANS } = options;
  if (!isEndpoint(given.entry)) throw withoutEndpoint(given);
  const plan = { ...given, runId: freshId() };
  const identity = { ...identityOf(plan, options), startedBy: plan.runId };
  const time = { epochUnixNano: EPOCH_UNIX_NANO, waitsForAll: true };
  const stage = new Stage(identity, (heard) => new RealWorld(identity.limits, time, heard));
  // They load every reader of traces, which no other mode needs.
  const [{ openSpanSource }, { withSpansOf }] = await Promise.all([
    import("./live/source.ts"),
    import("./live/settling.ts"),
  ]);
  const source = await openSpanSource(spans, plan.runId);
  try {
    const foreign = new ForeignAgents({ stage, plan });
    const here = harvest(plan, stage, await play(plan, stage, { peers: NO_PEERS, foreign }));
    return await withSpansOf({ ...here, mode: "live" }, source, spans, stage.world);
  } finally {
    await source.close();
  }
}

const NO_SPANS: SpansFrom = { from: "none", waitMs: 0, quietMs: 0 };

const WORLDS = { sim: simulated, wire: wired, live: lived } as const satisfies Record<Mode, unknown>;

/** Over stdio a program starts the servers that it uses itself. */
function isUsedHere({ scenario }: Plan, mock: Mock, transport: WireTransport): boolean {
  return transport !== "stdio" || isA2aAgent(mock) || !scenario.agents.every(isForeign);
}

function withoutSim({ scenario }: Plan, agent: string): TroupeError {
  return new TroupeError("RUN_REFUSED", {
    where: `scenario ${JSON.stringify(scenario.name)}`,
    what: `agent ${agent} does not run in this process, and sim has no other`,
    mend: "Run it in wire, with `--mode wire`.",
  });
}

function withoutEndpoint({ scenario, entry }: Plan): TroupeError {
  return new TroupeError("RUN_REFUSED", {
    where: `scenario ${JSON.stringify(scenario.name)}`,
    what: `agent ${entry.name}, whom the user talks to, is none that runs elsewhere, and live speaks to no other`,
    mend: "Put an httpAgent, a chatAgent or an a2aEndpoint first, or give --agent URL.",
  });
}

function withoutFault({ scenario }: Plan, what: string): TroupeError {
  const mend = "Run it over a transport that has it, or in sim.";
  return new TroupeError("RUN_REFUSED", { where: `scenario ${JSON.stringify(scenario.name)}`, what, mend });
}

function withoutFile({ scenario }: Plan): TroupeError {
  return new TroupeError("RUN_REFUSED", {
    where: `scenario ${JSON.stringify(scenario.name)}`,
    what: "in wire, processes of their own load the scenario's servers, and no file is known that defines them",
    mend: "Export the scenario from a file and name that as `file`, or run it in sim.",
  });
}

function identityOf({ scenario, seed, runId }: Plan, { miss, real, breaks = {} }: RunOptions): RunIdentity {
  const { name, limits } = scenario;
  const faults = [...scenario.faults, ...(breaks.faults ?? [])];
  const identity = { scenario: name, seed, runId, limits, faults, startedBy: "", spanFaults: breaks.spans ?? [] };
  return { ...identity, ...(miss === undefined ? {} : { miss }), ...(real === undefined ? {} : { real }) };
}

/** What answers from a recording does so by the run's policy. */
function asCast(plan: Plan, stage: Stage): Plan {
  return { ...plan, scenario: stage.cast(plan.scenario, rewired) };
}
