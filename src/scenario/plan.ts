import { reachesOutcome } from "../check/outcome.ts";
import { type Fault, TroupeError, didYouMean, nearestWord } from "../core/errors.ts";
import { randomStream } from "../core/random.ts";
import { a2aAgentsOf, allMocks } from "./a2a.ts";
import { type Agent, commandAgentsOf, isForeign } from "./agent.ts";
import { type Case, personaOfCase } from "./dataset.ts";
import { faultNameFaults } from "./fault-names.ts";
import { attributeFaults } from "./attribute-form.ts";
import { formFaults } from "./form.ts";
import { type Persona, persona } from "./persona.ts";
import type { Scenario } from "./scenario.ts";

/** One scenario for one seed, with nothing left to choose but what the seed decides. */
export interface Plan {
  readonly scenario: Scenario;
  readonly seed: number;
  /** 16 hex digits out of scenario and seed; carried in baggage. */
  readonly runId: string;
  readonly persona: Persona;
  readonly entry: Agent;
}

/** Definitions found to be without fault; they are never changed, and each is planned once a seed. */
const sound = new WeakSet<Scenario>();

const NOBODY: Persona = persona("user", { situation: "", goal: "" });

/**
 * Fixes a scenario for one seed, an integer from 0 to 2^53-1.
 *
 * @throws TroupeError `SCENARIO_INVALID` with every fault of the definition and of the seed, and for a scenario with
 * cases, which stands for one run a case.
 */
export function plan(scenario: Scenario, seed: number): Plan {
  const faults = [...seedFaults(seed), ...planFaults(scenario)];
  const entry = faults.length > 0 ? undefined : scenario.agents[0];
  if (entry === undefined) throw new TroupeError("SCENARIO_INVALID", faults);
  sound.add(scenario);
  const bytes = randomStream(seed, `run/${scenario.name}`).bytes(8);
  return { scenario, seed, runId: Buffer.from(bytes).toString("hex"), persona: scenario.persona ?? NOBODY, entry };
}

function seedFaults(seed: number): readonly Fault[] {
  if (Number.isSafeInteger(seed) && seed >= 0) return [];
  return [{ where: `seed ${String(seed)}`, what: "this is no seed", mend: "Give an integer from 0 to 2^53-1." }];
}

/** Every fault of a definition that is to be run as it is. */
function planFaults(scenario: Scenario): readonly Fault[] {
  if (sound.has(scenario)) return [];
  const where = placeOf(scenario);
  const ofForm = formFaults(scenario, where);
  if (ofForm.length > 0) return ofForm;
  const mend = "Run it from its file with `troupe run`, which plays each case.";
  const ofCases = hasCases(scenario) ? [{ where, what: "it still has its cases, each a run of its own", mend }] : [];
  return [...contentFaults(scenario, where), ...ofCases];
}

/** Every fault of a definition; an empty list for a sound one. */
export function scenarioFaults(scenario: Scenario): readonly Fault[] {
  const where = placeOf(scenario);
  const ofForm = formFaults(scenario, where);
  // Where a part is of the wrong form, nothing more can be asked of it.
  return ofForm.length > 0 ? ofForm : contentFaults(scenario, where);
}

function placeOf({ name }: Scenario): string {
  return `scenario ${JSON.stringify(name)}`;
}

function contentFaults(scenario: Scenario, where: string): readonly Fault[] {
  return [
    ...ownNameFaults(scenario, where),
    ...scriptFaults(scenario, where),
    ...listFaults(scenario, where),
    ...foreignFaults(scenario, where),
    ...policyFaults(scenario, where),
    ...attributeFaults(scenario.attributes, where),
    ...faultNameFaults(scenario, where),
  ];
}

function* ownNameFaults({ name }: Scenario, where: string): Generator<Fault> {
  if (name.trim() === "") yield { where, what: "it has no name", mend: "Give it a `name`." };
  else if (CONTROL.test(name)) yield { where, ...CONTROLLED };
}

function* scriptFaults(scenario: Scenario, where: string): Generator<Fault> {
  if (scenario.agents.length === 0)
    yield { where, what: "it has no agent", mend: "List at least one in `agents`; the persona talks to the first." };
  const isOpen = scenario.script.some(({ step }) => step === "until-satisfied");
  if (scenario.script.length === 0)
    yield {
      where,
      what: "its script is empty",
      mend: 'Let the user speak, as in `script: [user.says("Hello")]`.',
    };
  if (isOpen && scenario.persona === undefined && !hasCases(scenario))
    yield { where, what: "untilSatisfied needs a persona", mend: "Set `persona`, or `cases`." };
  if (!isOpen && hasCases(scenario))
    yield {
      where,
      what: "its cases need untilSatisfied: a case passes only if its persona leaves satisfied",
      mend: "Add an untilSatisfied step to the script, or set `persona` in place of `cases`.",
    };
}

function* listFaults(scenario: Scenario, where: string): Generator<Fault> {
  for (const [list, items] of [
    ["agents", scenario.agents],
    ["servers", allMocks(scenario.servers)],
    ["personas", scenario.personas],
  ] as const) {
    for (const name of repeatedNames(items))
      yield { where, what: `two of its ${list} are called "${name}"`, mend: "Give each its own name." };
    for (const [index, { name }] of items.entries()) {
      const at = `${where}, ${list}[${index}]`;
      if (name.trim() === "") yield { where: at, what: "it has no name", mend: "Give it one." };
      else if (CONTROL.test(name)) yield { where: at, ...CONTROLLED };
      else if (a2aAgentsOf(allMocks(scenario.servers)).some((remote) => list === "agents" && remote.name === name))
        yield { where: at, what: `a remote agent is called "${name}" too`, mend: "Give each its own name." };
      else if (list === "servers" && OWN_SERVICES.includes(name))
        yield {
          where: at,
          what: `"${name}" is a service of Troupe's own`,
          mend: `Give it another name than ${OWN_SERVICES.join(" and ")}.`,
        };
    }
  }
}

/** An agent that does not run in this process is a service of its own. */
function* foreignFaults({ agents, servers, traces }: Scenario, where: string): Generator<Fault> {
  const taken = [...OWN_SERVICES, ...allMocks(servers).map(({ name }) => name)];
  for (const [index, one] of agents.entries())
    if (isForeign(one) && taken.includes(one.name)) {
      const mend = "Each service writes spans under its own name: give the agent another.";
      yield { where: `${where}, agents[${index}]`, what: `"${one.name}" is the name of another service`, mend };
    }
  if (traces === "turn")
    for (const { name, over } of commandAgentsOf(agents))
      if (over === "stdin") {
        const what = `agent ${name} gets trace context once, from its environment, and \`traces: "turn"\` has one a turn`;
        yield { where, what, mend: 'Let it listen, with `over: "http"`, or leave `traces` out.' };
      }
}

/** A rule about a service that there is not would hold for no hop, and nobody would notice. */
function* policyFaults({ agents, servers, propagation: { links = [] } }: Scenario, where: string): Generator<Fault> {
  const known = [...OWN_SERVICES, ...[...allMocks(servers), ...agents.filter(isForeign)].map(({ name }) => name)];
  for (const [index, { from, to }] of links.entries())
    for (const [key, name] of Object.entries({ from, to }))
      if (name !== undefined && !known.includes(name)) {
        const what = `there is no service "${name}"${didYouMean(nearestWord(name, known))}`;
        yield { where: `${where}, propagation.links[${index}].${key}`, what, mend: `Known: ${known.join(", ")}.` };
      }
}

/** Names of services that write spans beside the servers. */
const OWN_SERVICES: readonly string[] = ["agents", "troupe"];

/** Line breaks and other controls, which would take command lines, span names and reports apart. */
const CONTROL = /\p{Cc}/u;
const CONTROLLED = {
  what: "its name holds a line break or another control character",
  mend: "Take it out.",
} as const;

/**
 * The scenarios that a scenario with cases stands for, one a case, named `{scenario}/{number}`; itself when it has none.
 * A case passes only if its persona leaves satisfied, whatever else the scenario expects.
 *
 * @throws TroupeError `SCENARIO_INVALID` for cases that name an unknown persona or state a broken pattern.
 */
export function variants(scenario: Scenario, cases: readonly Case[], file: string): readonly Scenario[] {
  if (cases.length === 0) return [scenario];
  const faults: Fault[] = [];
  const found = cases.flatMap((given, index) => {
    const actor = personaOfCase(given, scenario.personas, given.at ?? `${file}, case ${index + 1}`);
    if ("what" in actor) return (faults.push(actor), []);
    const expect = [...scenario.expect, reachesOutcome()];
    return [{ ...scenario, name: `${scenario.name}/${index + 1}`, persona: actor, cases: [], expect }];
  });
  if (faults.length > 0) throw new TroupeError("SCENARIO_INVALID", faults);
  return found;
}

function hasCases({ cases }: Scenario): boolean {
  return "dataset" in cases || cases.length > 0;
}

/** The names that more than one of `items` has. */
export function repeatedNames(items: readonly { readonly name: string }[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(items.map(({ name }) => name).filter((name) => seen.size === seen.add(name).size));
}
