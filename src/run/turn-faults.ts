import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js";
import { TroupeError, didYouMean, isTroupeError, nearestWord } from "../core/errors.ts";
import { type DefinitionKind, isDefinition } from "../scenario/brand.ts";
import type { Json } from "../core/json.ts";
import { portableWords } from "../telemetry/spans.ts";

/** What an agent asked for by name, and where names of that sort are known. */
export interface Wanted {
  readonly what: "agent" | "remote agent" | "server" | "tool" | "prompt";
  readonly name: string;
  readonly known: readonly string[];
  readonly among: string;
}

/** A fault of the definition: the agent named something that its scenario does not have. */
export function unknownName(where: string, { what, name, known, among }: Wanted): TroupeError {
  return new TroupeError("SCENARIO_INVALID", {
    where,
    what: `there is no ${what} "${name}" among ${among}${didYouMean(nearestWord(name, known))}`,
    mend: `Known: ${known.join(", ") || "none"}. Add it, or correct the name.`,
  });
}

/** A fault of the definition: a model's call cannot say which of several servers it means. */
export function ambiguousTool(where: string, tool: string, servers: readonly { readonly name: string }[]): TroupeError {
  return new TroupeError("SCENARIO_INVALID", {
    where,
    what: `turn.call cannot tell whose tool "${tool}" is meant: ${servers.map(({ name }) => name).join(" and ")} have one`,
    mend: "Rename one of them, or call turn.tool with the server.",
  });
}

/** @throws TroupeError where `value` is no definition of that kind, as it can be in plain JavaScript. */
export function checkDefinition(where: string, value: unknown, kind: DefinitionKind, words: string): void {
  if (isDefinition(value, kind)) return;
  const shown = JSON.stringify(value) ?? String(value);
  throw new TroupeError("SCENARIO_INVALID", {
    where,
    what: `${shown} is no ${words}`,
    mend: `Pass the ${words} itself, as it stands in the scenario, and not its name.`,
  });
}

/** A copy of a tool's arguments as they are now, since the caller may change them while the connection is opened. */
export function copiedArguments(where: string, args: unknown): { readonly [name: string]: Json } {
  const copy: unknown = JSON.parse(JSON.stringify(args ?? {}) ?? "{}");
  if (typeof copy === "object" && copy !== null && !Array.isArray(copy)) return { ...copy };
  throw new TroupeError("SCENARIO_INVALID", {
    where,
    what: `${JSON.stringify(args)} are no arguments of a tool`,
    mend: "Pass an object, as in { id: 1 }.",
  });
}

/** A server did not answer, or answered with an error. */
class ServerError extends Error {
  override readonly name = "ServerError";
}

/** Nobody answered in time. */
export function unanswered(callee: string, request: string, limitMs: number, cause?: unknown): Error {
  return new ServerError(`${callee} did not answer ${request} within ${limitMs / 1000} s (limits.requestMs)`, {
    cause,
  });
}

/** What the SDK says of a failed request, as a sentence that names server, request and limit. */
export function serverError(error: unknown, server: string, request: string, limitMs: number): unknown {
  if (isTroupeError(error)) return error;
  if (!(error instanceof McpError))
    return new ServerError(`server ${server}: ${request} failed: ${portableWords(error)}`, { cause: error });
  const timedOut: number = ErrorCode.RequestTimeout;
  if (error.code === timedOut) return unanswered(`server ${server}`, request, limitMs, error);
  const words = error.message.replace(/^(MCP error -?\d+: )+/, "");
  return new ServerError(`server ${server} refused ${request}: ${words} (${error.code})`, { cause: error });
}
