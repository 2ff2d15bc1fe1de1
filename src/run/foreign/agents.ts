import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { context } from "@opentelemetry/api";
import { isTroupeError } from "../../core/errors.ts";
import { a2aAgentsOf } from "../../scenario/a2a.ts";
import { type Reply, commandAgentsOf, isEndpoint } from "../../scenario/agent.ts";
import type { CommandAgent, ForeignAgent } from "../../scenario/foreign-agent.ts";
import type { Plan } from "../../scenario/plan.ts";
import { agentActorName } from "../../telemetry/actor.ts";
import { inject } from "../../telemetry/carrier.ts";
import { readToldEnvironment } from "../../telemetry/preload/told.ts";
import type { CarrierFields, LedgerEntry } from "../../trace/evidence.ts";
import type { Written } from "../../wire/ledger.ts";
import { freePort } from "../../wire/port.ts";
import { type MockEndpoints, listeningMocks } from "../endpoints.ts";
import type { Collected, ProcessesRequest } from "../processes.ts";
import { CalleeError } from "../stage.ts";
import type { Delivery } from "../turn.ts";
import { listeningPort, stdinPort } from "./command.ts";
import { portTo } from "./endpoint.ts";
import { type Surroundings, agentEnvironment } from "./environment.ts";
import type { ForeignPort } from "./port.ts";
import { StdioServers } from "./stdio-servers.ts";
import { strangersOf } from "./strangers.ts";
import { type ToldRequests, mocksAround, readToldRequests, toldEntries } from "./told-requests.ts";

export interface ForeignRequest extends Pick<ProcessesRequest, "stage"> {
  readonly plan: Plan;
  /** Left out in `live`, where there are none. */
  readonly programs?: ProgramsRequest;
}

/** What is around programs; `file` is the scenario's, beside which they work. */
export interface ProgramsRequest extends Pick<ProcessesRequest, "file" | "transport" | "epochUnixNano"> {
  /** The OTLP endpoint of the run. */
  readonly exportTo: string;
  /** Where the API of the scenario's model answers, without a path. */
  readonly models: () => Promise<string>;
  readonly hasPreload: boolean;
  /** What there is in place of mocks, where agents are recorded. */
  readonly outside?: MockEndpoints;
  /** Where a mock listens. */
  readonly urlOf: (name: string) => string;
}

/** Where one program may tell of itself. */
interface Telling {
  readonly file: string;
  readonly around: Surroundings;
  /** How it was started, where that carries its context. */
  readonly start?: Written;
}

/** The agents of a run that do not run in this process. */
export class ForeignAgents {
  /** Why spans may be under way that nobody waits for any more, a sentence each. */
  readonly unsettled: string[] = [];
  readonly #request: ForeignRequest;
  readonly #ports = new Map<string, ForeignPort>();
  readonly #telling: Telling[] = [];
  /** What programs told of their requests, once they have ended. */
  #told: readonly (ToldRequests & Pick<Telling, "around">)[] = [];
  readonly #servers: StdioServers[] = [];
  readonly #endpoints = new Map<string, Promise<MockEndpoints>>();
  #folder: string | undefined;
  #isOver = false;

  constructor(request: ForeignRequest) {
    this.#request = request;
  }

  /**
   * Starts those that are programs, all at once, under the active span.
   *
   * @throws CalleeError when one could not start, which the stage then knows.
   */
  async start(): Promise<void> {
    const { plan, stage, programs } = this.#request;
    const calling = { stage, isHarness: programs === undefined };
    for (const one of plan.scenario.agents) if (isEndpoint(one)) this.#ports.set(one.name, portTo(calling, one));
    const commands = commandAgentsOf(plan.scenario.agents);
    if (commands.length === 0 || programs === undefined) return;
    const folder = (this.#folder = await mkdtemp(join(tmpdir(), "troupe-")));
    const started = await Promise.allSettled(
      commands.map(async (one) => {
        this.#ports.set(
          one.name,
          await this.#portOf(one, programs.file, await this.#surroundings(one, programs, folder)),
        );
      }),
    );
    const [failed] = started.flatMap((one, index) =>
      one.status === "rejected" ? [this.#failed(commands[index]?.name ?? "", one.reason)] : [],
    );
    if (failed !== undefined) throw failed;
  }

  /**
   * Has an agent answer a message.
   *
   * @throws CalleeError when it failed, which the stage then knows.
   */
  async deliver({ name }: ForeignAgent, { from, method, envelope }: Omit<Delivery, "to">): Promise<Reply> {
    const { stage } = this.#request;
    const { text, payload, isQuestion } = envelope;
    const { runId } = stage.identity;
    const conversation = isQuestion ? `${runId}/question/${stage.occurrence(`question/${name}`)}` : runId;
    const port = this.#ports.get(name);
    if (port === undefined) throw new Error(`BUG: nobody has started agent ${name}`);
    const message = { text, from: envelope.from, payload, conversation };
    const to = stage.actor(agentActorName(name), name);
    try {
      const words = await stage.waiting({ from, to, method }, () => port.speak({ from, method, message }));
      return { text: words, agent: name };
    } catch (error) {
      throw this.#failed(name, error);
    }
  }

  /** Ends all of them, and waits for those that are programs. */
  async end(): Promise<void> {
    this.#isOver = true;
    const ended = await Promise.all([...this.#ports.values()].map((port) => port.end()));
    this.unsettled.push(...ended.filter((why) => why !== undefined));
    await this.#readTold();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  /** Ends the run in the servers that programs have started over stdio. */
  async endServers(): Promise<readonly Collected[]> {
    return (await Promise.all(this.#servers.map((servers) => servers.end()))).flat();
  }

  /** How the clients of a program, or of the agents of this process, reach what it may use. */
  endpointsFor(client: string, programs: ProgramsRequest): Promise<MockEndpoints> {
    const { outside } = programs;
    const endpoints =
      this.#endpoints.get(client) ?? (outside === undefined ? this.#mocks(client, programs) : Promise.resolve(outside));
    this.#endpoints.set(client, endpoints);
    return endpoints;
  }

  async #surroundings({ name }: CommandAgent, programs: ProgramsRequest, folder: string): Promise<Surroundings> {
    const { exportTo, models, hasPreload } = programs;
    const { mcpServers, a2aAgents } = await this.endpointsFor(name, programs);
    const mcpConfig = join(folder, `${encodeURIComponent(name)}.mcp.json`);
    await writeFile(mcpConfig, JSON.stringify({ mcpServers }, undefined, 2));
    return { models: await models(), mcpServers, mcpConfig, a2aAgents, exportTo, hasPreload };
  }

  async #mocks(program: string, { transport, urlOf, ...request }: ProgramsRequest): Promise<MockEndpoints> {
    const { plan, stage } = this.#request;
    const { servers: mocks } = plan.scenario;
    if (transport !== "stdio") return listeningMocks(mocks, ({ name }) => urlOf(name));
    const strangers = strangersOf(plan.scenario.agents).filter(({ from }) => from === program);
    const servers = await StdioServers.listen({ ...request, stage, program, strangers, mocks });
    this.#servers.push(servers);
    const { a2aAgents } = listeningMocks(a2aAgentsOf(mocks), ({ name }) => urlOf(name));
    return { mcpServers: servers.entries, a2aAgents };
  }

  async #portOf(agent: CommandAgent, file: string, around: Surroundings): Promise<ForeignPort> {
    const { plan, stage } = this.#request;
    const cwd = resolve(dirname(file), agent.cwd);
    const folder = dirname(around.mcpConfig);
    const entry = environmentEntry(agent);
    const carriers = stage.rewrite(entry.carrier, entry);
    const carrier = variablesOf(carriers.arriving);
    const ledger = join(folder, `${encodeURIComponent(agent.name)}.told.jsonl`);
    // What is recorded is asked through proxies, which write no ledger and pass on every header.
    const own = this.#request.programs?.outside === undefined ? { carrier, ledger } : { carrier };
    if (agent.over === "http") {
      const port = await freePort();
      this.#telling.push({ file: ledger, around });
      const env = agentEnvironment(agent, plan, around, { ...own, port });
      return await listeningPort({ stage, agent, cwd, env, folder }, port);
    }
    // Over stdin it is the hop's only carrier.
    const sent = { ...entry, carrier: variablesOf(carriers.sent) };
    stage.ledger.sent(sent);
    this.#telling.push({ file: ledger, around, start: sent });
    const env = agentEnvironment(agent, plan, around, own);
    return stdinPort({ stage, agent, cwd, env, folder });
  }

  /** Of each program its own end of the hops, where it has told it: only the program knows what reached it. */
  async #readTold(): Promise<void> {
    const { stage } = this.#request;
    const reading = this.#telling.map(async ({ file, around, start }) => {
      const text = await readFile(file, "utf8").catch(() => "");
      const environment = readToldEnvironment(text);
      if (start !== undefined && environment !== undefined)
        stage.ledger.entries.push({ ...start, ...environment, end: "received" });
      return { ...readToldRequests(text), around };
    });
    this.#told = await Promise.all(reading);
  }

  /** What programs told of their requests, once they have ended; `ledger` has what came of them. */
  toldEntries(ledger: readonly LedgerEntry[]): readonly LedgerEntry[] {
    const { model } = this.#request.plan.scenario;
    return this.#told.flatMap(({ around, ...told }) =>
      toldEntries(told, { ledger, mockAt: mocksAround(around, model.name) }),
    );
  }

  /** What went wrong after the end is the end's own doing. */
  #failed(name: string, error: unknown): CalleeError {
    const { stage } = this.#request;
    const words = error instanceof Error ? error.message : String(error);
    if (isTroupeError(error)) stage.failWith("", error);
    else if (!this.#isOver) stage.fail(`agent ${name}: ${words}`);
    return new CalleeError(agentActorName(name), words);
  }
}

/** The active context as a program is started with it. */
function environmentEntry({ name, command }: CommandAgent): Written {
  return {
    message: `troupe>${name}#start`,
    from: "troupe",
    to: name,
    agent: name,
    protocol: "environment",
    transport: "stdio",
    method: "start",
    role: "notification",
    carrier: inject(context.active()),
    text: JSON.stringify(command),
  };
}

/** W3C fields under the names that they have in an environment. */
function variablesOf(carrier: CarrierFields): CarrierFields {
  return Object.fromEntries(Object.entries(carrier).map(([key, value]) => [key.toUpperCase(), value]));
}
