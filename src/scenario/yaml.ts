import { isSeq } from "yaml";
import { HOP_PROTOCOLS } from "../check/propagation/policy.ts";
import { type Fault, TroupeError, didYouMean, isTroupeError, nearestWord } from "../core/errors.ts";
import { type Mock, mcpServersOf } from "./a2a.ts";
import type { Agent } from "./agent.ts";
import { isDefinition } from "./brand.ts";
import type { Case, Dataset } from "./dataset.ts";
import { dataset, personaOfCase } from "./dataset.ts";
import type { Model } from "./model.ts";
import type { Persona } from "./persona.ts";
import { persona as definePersona } from "./persona.ts";
import type { Scenario } from "./scenario.ts";
import { defineScenario } from "./scenario.ts";
import { MUTATIONS } from "./survivor.ts";
import { agentYaml } from "./yaml-agents.ts";
import { faultYaml } from "./yaml-faults.ts";
import { modelYaml } from "./yaml-model.ts";
import { expectationYaml, scriptStepYaml, serverYaml, wantedYaml } from "./yaml-parts.ts";
import * as y from "./yaml-reader.ts";
import type { Mention, Read, Reference } from "./yaml-reader.ts";
import { YamlSource } from "./yaml-reader.ts";

export type { Reference } from "./yaml-reader.ts";

const traits = y.object(
  "traits",
  {},
  {
    verbosity: y.choice("terse", "plain", "rambling"),
    temper: y.choice("calm", "impatient", "hostile"),
    misremembers: y.record(y.text),
    changesGoal: y.object("changesGoal", { afterTurns: y.number(1), goal: y.text, satisfiedBy: wantedYaml }, {}),
    injects: y.text,
  },
);

const personaFields = y.object(
  "a persona",
  { name: y.text, situation: y.text, goal: y.text },
  { traits, satisfiedBy: wantedYaml, facts: y.record(y.text), patienceTurns: y.number(0) },
);

const personaYaml: Read<Persona> = (node, yaml) => {
  const fields = personaFields(node, yaml);
  return fields === undefined ? undefined : definePersona(fields.name, fields);
};

const caseYaml: Read<Case> = (node, yaml) => {
  const fields = y.object("a case", { persona: y.text, situation: y.text, outcome: y.text }, {})(node, yaml);
  return fields === undefined ? undefined : { ...fields, at: yaml.place(node) };
};

const casesYaml: Read<readonly Case[] | Dataset> = (node, yaml) => {
  if (isSeq(node)) return y.list(caseYaml, { min: 1 })(node, yaml);
  const path = y.text(node, yaml);
  return path === undefined ? undefined : dataset(path);
};

const scenarioFields = y.object(
  "a scenario",
  {
    name: y.text,
    agents: y.list(y.orReference(agentYaml), { min: 1 }),
    script: y.list(scriptStepYaml, { min: 1 }),
  },
  {
    description: y.text,
    persona: y.orReference(personaYaml),
    personas: y.list(y.orReference(personaYaml)),
    cases: casesYaml,
    servers: y.list(y.orReference(serverYaml)),
    model: y.orReference(modelYaml),
    attributes: y.record(y.text),
    traces: y.choice("run", "turn"),
    limits: y.object(
      "limits",
      {},
      {
        replyMs: y.number(0),
        requestMs: y.number(0),
        handoffsMax: y.number(0),
        eventsPerInstantMax: y.number(1),
        realIoMs: y.number(0),
        startMs: y.number(0),
        flushMs: y.number(0),
      },
    ),
    propagation: y.object(
      "propagation",
      {},
      {
        links: y.list(
          y.object("a hop", {}, { from: y.text, to: y.text, method: y.text, protocol: y.choice(...HOP_PROTOCOLS) }),
        ),
      },
    ),
    faults: y.list(faultYaml),
    needs: y.list(y.text),
    modes: y.list(y.choice("sim", "wire", "live")),
    network: y.choice("open", "closed"),
    transport: y.choice("stdio", "http", "ws"),
    survivors: y.list(
      y.object(
        "a survivor",
        { mutation: y.choice(...MUTATIONS), why: y.text },
        { from: y.text, to: y.text, method: y.text },
      ),
    ),
    expect: y.list(expectationYaml),
  },
);

/** A scenario as its file has it: what its modules hold is still named. */
export interface ParsedScenario {
  readonly fields: NonNullable<ReturnType<typeof scenarioFields>>;
  /** Everything that modules are to give, in the order of the file. */
  readonly references: readonly Reference[];
  /** Names of agents, tools and servers that only the loaded modules can confirm. */
  readonly mentions: readonly Mention[];
}

/**
 * Reads a scenario's YAML. It covers everything but the code of in-process agents: those are named as exports of modules.
 *
 * @throws TroupeError `SCENARIO_INVALID` with every fault of the file, each at its `file:line:column`.
 */
export function parseScenarioYaml(text: string, file: string): ParsedScenario {
  const yaml = new YamlSource(text, file);
  const { root } = yaml;
  const fields = root === null ? undefined : scenarioFields(root, yaml);
  if (root === null)
    yaml.absence(0, "the file holds no scenario", "Write name:, agents: and script: with their values.");
  if (fields === undefined || yaml.faults.length > 0) throw new TroupeError("SCENARIO_INVALID", yaml.faults);
  return { fields, references: yaml.references, mentions: yaml.mentions };
}

interface Definitions {
  readonly agent: Agent;
  readonly persona: Persona;
  readonly mock: Mock;
  readonly model: Model;
}

const KIND_WORDS = {
  agent: "an agent",
  persona: "a persona",
  mock: "an MCP server or a remote agent",
  model: "a model",
} as const satisfies Record<keyof Definitions, string>;

/**
 * Makes the scenario out of its file and what the modules export.
 *
 * @param resolve gives what a reference names, or throws a TroupeError that says why it cannot.
 * @throws TroupeError `SCENARIO_INVALID` with every fault, each at the place in the scenario file that names what is wrong.
 */
export function buildYamlScenario(parsed: ParsedScenario, resolve: (reference: Reference) => unknown): Scenario {
  const faults: Fault[] = [];
  const lookUp = <K extends keyof Definitions>(
    kind: K,
    value: Definitions[K] | Reference,
  ): readonly Definitions[K][] => {
    if (isA(value, kind)) return [value];
    if (!("module" in value)) return [];
    try {
      const found = resolve(value);
      if (isA(found, kind)) return [found];
      const what = `${value.name} in ${value.module} is not ${KIND_WORDS[kind]}`;
      faults.push({ where: value.at, what, mend: `Name an export that is ${KIND_WORDS[kind]}.` });
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      faults.push(...error.faults);
    }
    return [];
  };
  const { persona, personas = [], agents, servers = [], model, ...rest } = parsed.fields;
  const [onePersona] = persona === undefined ? [] : lookUp("persona", persona);
  const found = {
    personas: personas.flatMap((value) => lookUp("persona", value)),
    agents: agents.flatMap((value) => lookUp("agent", value)),
    servers: servers.flatMap((value) => lookUp("mock", value)),
  };
  const [oneModel] = model === undefined ? [] : lookUp("model", model);
  // Where something is missing, every mention of it would be blamed as well.
  if (faults.length === 0)
    faults.push(...misspellings(parsed.mentions, found), ...caseFaults(rest.cases ?? [], found.personas));
  if (faults.length > 0) throw new TroupeError("SCENARIO_INVALID", y.inOrder(faults));
  return defineScenario({
    ...rest,
    ...found,
    ...(onePersona === undefined ? {} : { persona: onePersona }),
    ...(oneModel === undefined ? {} : { model: oneModel }),
  });
}

/** Cases of a dataset are judged when it is read. */
function caseFaults(cases: readonly Case[] | Dataset, personas: readonly Persona[]): readonly Fault[] {
  if ("dataset" in cases) return [];
  return cases.flatMap((given) => {
    const actor = personaOfCase(given, personas, given.at ?? "");
    return "what" in actor ? [actor] : [];
  });
}

/**
 * Names that nothing has, but something nearly has.
 *
 * Unless it is strict, a name far from all known ones may be right: an agent can have tools and sub-agents that only its
 * own code knows.
 */
function misspellings(
  mentions: readonly Mention[],
  { agents, servers }: { readonly agents: readonly Agent[]; readonly servers: readonly Mock[] },
): readonly Fault[] {
  const known = {
    agent: agents.map(({ name }) => name),
    server: servers.map(({ name }) => name),
    tool: mcpServersOf(servers).flatMap(({ tools }) => Object.keys(tools)),
  } as const;
  return mentions.flatMap(({ kind, name, at, isStrict }) => {
    const hint = didYouMean(nearestWord(name, known[kind]));
    if (known[kind].includes(name) || (hint === "" && !isStrict)) return [];
    const mend = `Known: ${known[kind].join(", ")}. Correct the name.`;
    return [{ where: at, what: `there is no ${kind} "${name}"${hint}`, mend }];
  });
}

function isA<K extends keyof Definitions>(value: unknown, kind: K): value is Definitions[K] {
  return kind === "mock"
    ? isDefinition(value, "mcp-server") || isDefinition(value, "a2a-agent")
    : isDefinition(value, kind);
}
