import { basename, delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import type { CommandAgent } from "../../scenario/foreign-agent.ts";
import type { Plan } from "../../scenario/plan.ts";
import { ATTR } from "../../trace/conventions.ts";
import type { CarrierFields } from "../../trace/evidence.ts";
import { LEDGER_VARIABLE } from "../../telemetry/preload/told.ts";
import { ownVariables } from "../../wire/own-environment.ts";
import { type Environment, type MockEndpoints, endpointsOf, mockEndpointsOf } from "../endpoints.ts";

/** Where a program finds what the scenario has in place of the world. */
export interface Surroundings extends MockEndpoints {
  /** The API of its model, without a path. */
  readonly models: string;
  /** The file that holds the mock servers, in the form that MCP clients share. */
  readonly mcpConfig: string;
  /** The OTLP endpoint of the run. */
  readonly exportTo: string;
  /** Whether Python gets Troupe's `sitecustomize`. */
  readonly hasPreload: boolean;
}

/** All that a program inherits of Troupe's own environment, unless its `env` names more: no key is handed on by chance. */
export function inherited(): Environment {
  return ownVariables(["PATH", "HOME", "LANG"]);
}

/** What has a program's OpenTelemetry SDK export to an endpoint. Metrics and logs nobody takes here. */
export function exporting(exportTo: string): Environment {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: exportTo,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_METRICS_EXPORTER: "none",
    OTEL_LOGS_EXPORTER: "none",
  };
}

/** What no other agent of a run has. */
export interface OwnVariables {
  /** The context that it is started with, under the names of variables. */
  readonly carrier: CarrierFields;
  readonly port?: number;
  /** The file in which it may tell what reached it and what it sends. */
  readonly ledger?: string;
}

/** The whole environment of a command agent. What its `env` says goes before all else. */
export function agentEnvironment(
  agent: CommandAgent,
  { scenario, runId, seed }: Plan,
  around: Surroundings,
  own: OwnVariables,
): Environment {
  const { mcpConfig, exportTo, models } = around;
  const named = namedIn(agent.env);
  return {
    ...inherited(),
    ...endpointsOf({ models, agent: agent.name }),
    ...mockEndpointsOf(around),
    MCP_CONFIG: mcpConfig,
    OTEL_SERVICE_NAME: agent.name,
    OTEL_RESOURCE_ATTRIBUTES: resourceAttributes({ [ATTR.runId]: runId, ...scenario.attributes }),
    ...exporting(exportTo),
    TROUPE_SEED: String(seed),
    ...(own.port === undefined ? {} : { PORT: String(own.port) }),
    ...own.carrier,
    ...(own.ledger === undefined ? {} : { [LEDGER_VARIABLE]: own.ledger }),
    ...named,
    ...(around.hasPreload && isPython(agent) ? { PYTHONPATH: pythonPath(named["PYTHONPATH"]) } : {}),
  };
}

function isPython({ command: [program = ""] }: CommandAgent): boolean {
  return /^python[\d.]*$/.test(basename(program));
}

/** The package's folder with its `sitecustomize`, before the folders that the agent's own variable names. */
function pythonPath(own: string = ""): string {
  return [PYTHON_FOLDER, ...(own === "" ? [] : [own])].join(delimiter);
}

const PYTHON_FOLDER = fileURLToPath(new URL("../../../python", import.meta.url));

function namedIn(env: CommandAgent["env"]): Environment {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === true ? Object.entries(ownVariables([name])) : [[name, value] as const],
    ),
  );
}

/** As W3C baggage writes them. @see OpenTelemetry's specification of resources, "Specifying resource information" */
function resourceAttributes(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map((pair) => pair.map((words) => encodeURIComponent(words)).join("="))
    .join(",");
}
