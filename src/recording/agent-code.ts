import type { CommandAgent, HttpAgent } from "../scenario/foreign-agent.ts";
import { literal } from "./case-files.ts";

/** An agent under test as the code of a scenario file. */
export interface AgentCode {
  /** What the code takes from the package. */
  readonly imports: readonly string[];
  /** Where the file imports the agent itself from. */
  readonly from?: string;
  /** What defines the agent; "" where it is imported. */
  readonly definition: string;
  /** What the scenario calls it. */
  readonly variable: string;
  /** What makes the rest of the scenario out of the recording, and what of that it takes. */
  readonly maker: "recordedCase" | "recordedWorld";
  readonly parts: readonly string[];
  /** What it cannot do without, as a scenario's `needs`. */
  readonly needs: readonly string[];
}

/** Everything that an agent finds around it. */
const WORLD = { maker: "recordedWorld", parts: ["persona", "servers", "model"] } as const;

export function commandCode({ name, command, over, lines, cwd, env }: CommandAgent): AgentCode {
  const [program = ""] = command;
  const variables = Object.entries(env).map(([key, value]) => `${key}: ${literal(value)}`);
  const options = [
    `command: [${command.map(literal).join(", ")}]`,
    `over: ${literal(over)}`,
    ...(lines === "json" ? [] : [`lines: ${literal(lines)}`]),
    ...(variables.length === 0 ? [] : [`env: { ${variables.join(", ")} }`]),
    `cwd: ${literal(cwd)}`,
  ];
  return {
    imports: ["commandAgent"],
    definition: `const agent = commandAgent(${literal(name)}, {\n${options.map((one) => `  ${one},\n`).join("")}});\n\n`,
    variable: "agent",
    ...WORLD,
    needs: program.includes("/") ? [] : [program],
  };
}

export function httpCode({ name, url }: Pick<HttpAgent, "name" | "url">): AgentCode {
  const definition = `const agent = httpAgent(${literal(name)}, { url: ${literal(url)} });\n\n`;
  return { imports: ["httpAgent"], definition, variable: "agent", ...WORLD, needs: [] };
}

export function importedCode(from: string, exported: string): AgentCode {
  return { imports: [], from, definition: "", variable: exported, ...WORLD, needs: [] };
}
