import type { Expectation } from "../check/expectation.ts";
import type { PropagationPolicy } from "../check/propagation/policy.ts";
import type { WantedChanges } from "../check/changes/wanted.ts";
import type { Mock } from "./a2a.ts";
import type { Agent } from "./agent.ts";
import { commandAgentsOf } from "./agent.ts";
import type { Definition } from "./brand.ts";
import { DEFINITION } from "./brand.ts";
import type { Case, Dataset } from "./dataset.ts";
import type { WireFault } from "./fault.ts";
import type { Model } from "./model.ts";
import { QUIET_MODEL } from "./model.ts";
import type { Persona } from "./persona.ts";
import type { Survivor } from "./survivor.ts";

/** What the persona does, in order. */
export type ScriptStep =
  { readonly step: "says"; readonly text: string } | { readonly step: "until-satisfied"; readonly turnsMax: number };

/** The words of a script. */
export const user: {
  /** Says exactly this and waits for the reply. */
  says(text: string): ScriptStep;
  /** Lets the persona speak by its policy until it is satisfied, out of patience, or has spoken `turnsMax` times. */
  untilSatisfied(options?: { readonly turnsMax?: number }): ScriptStep;
} = {
  says: (text) => ({ step: "says", text }),
  untilSatisfied: (options) => ({ step: "until-satisfied", turnsMax: options?.turnsMax ?? 8 }),
};

/**
 * How the parts of a run are wired: all in one process and virtual time, real processes of this machine, or agents that
 * somebody else runs.
 */
export type Mode = "sim" | "wire" | "live";

export const MODES: readonly ["sim", "wire", "live"] = ["sim", "wire", "live"];

/** Bounds on one run; where they are times, in virtual time in `sim` and in real time elsewhere. */
export interface Limits {
  /** How long an agent may take over one message of the user. */
  readonly replyMs: number;
  /** How long a request to a server may take. */
  readonly requestMs: number;
  /** How many handoffs may be open inside one another. */
  readonly handoffsMax: number;
  /** How many events may happen at one instant before the run counts as stuck. */
  readonly eventsPerInstantMax: number;
  /** How long, in real time, virtual time may stand still for real I/O of an agent. */
  readonly realIoMs: number;
  /** In `wire`: how long a process may take to start, and to begin a run. */
  readonly startMs: number;
  /** In `wire`: how long a process may take to hand in its spans when the run has ended. */
  readonly flushMs: number;
}

export const LIMITS: Limits = {
  replyMs: 120_000,
  requestMs: 60_000,
  handoffsMax: 32,
  eventsPerInstantMax: 100_000,
  realIoMs: 10_000,
  startMs: 30_000,
  flushMs: 5_000,
};

export interface Scenario extends Definition<"scenario"> {
  readonly description: string;
  readonly persona?: Persona;
  /** Personas that cases name. */
  readonly personas: readonly Persona[];
  /** One run for each case instead of one for the scenario: inline, or a CSV or JSON file beside the scenario. */
  readonly cases: readonly Case[] | Dataset;
  /** The first one is whom the persona talks to. */
  readonly agents: readonly Agent[];
  /** Mock MCP servers and remote agents. */
  readonly servers: readonly Mock[];
  readonly model: Model;
  /** Carried in baggage over every hop and stamped on every span. */
  readonly attributes: Readonly<Record<string, string>>;
  /** One trace for a run, or one for each turn, joined by `gen_ai.conversation.id`. */
  readonly traces: "run" | "turn";
  readonly script: readonly ScriptStep[];
  readonly expect: readonly Expectation[];
  /** What callees owe to the context that reaches them, where that is not to continue it. */
  readonly propagation: PropagationPolicy;
  /** What a replay of it is to change, and nothing else: lines of shapes under `added`, `removed`, `moved`, `changed`. */
  readonly expectChange: WantedChanges;
  readonly limits: Limits;
  /** What happens to messages of MCP and A2A on their way. All that fit a message happen to it, in this order. */
  readonly faults: readonly WireFault[];
  /** Where it can run; elsewhere it is skipped. */
  readonly modes: readonly Mode[];
  /**
   * What it cannot do without, else it is skipped: a program on the `PATH` (`python3`), a version of Node (`node>=22.15`),
   * a package that its file can import (`npm:ai`), a file or folder beside its file (`./ai-sdk/node_modules`).
   */
  readonly needs: readonly string[];
  /** Whether `fetch` of simulated agents reaches the real network, beside the scenario's mocks, or fails the run. */
  readonly network: "open" | "closed";
  /**
   * Over what its MCP servers are reached in `wire`, where the command line does not say. The default is `stdio`, and with
   * a command among the agents `http`.
   */
  readonly transport: "stdio" | "http" | "ws";
  /** What `troupe mutate` may break unnoticed. */
  readonly survivors: readonly Survivor[];
}

export interface ScenarioDefinition extends Partial<
  Omit<Scenario, typeof DEFINITION | "name" | "agents" | "script" | "limits">
> {
  readonly name: string;
  readonly agents: readonly Agent[];
  readonly script: readonly ScriptStep[];
  readonly limits?: Partial<Limits>;
}

/** Defines a scenario. Plain data: nothing happens until it is planned and run. */
export function defineScenario(definition: ScenarioDefinition): Scenario {
  return {
    description: "",
    personas: [],
    cases: [],
    servers: [],
    model: QUIET_MODEL,
    attributes: {},
    traces: "run",
    expect: [],
    propagation: {},
    expectChange: {},
    faults: [],
    modes: MODES,
    needs: [],
    transport: hasCommand(definition.agents) ? "http" : "stdio",
    network: "open",
    survivors: [],
    ...definition,
    limits: { ...LIMITS, ...definition.limits },
    [DEFINITION]: "scenario",
  };
}

/** What is listed may be anything: its form is checked later. */
function hasCommand(agents: unknown): boolean {
  return Array.isArray(agents) && commandAgentsOf(agents).length > 0;
}
