import type { Completion } from "../mock/model.ts";
import { type Mock, mcpServersOf } from "../scenario/a2a.ts";
import type { OfferedTool } from "../scenario/model.ts";
import { jsonSchemaOf } from "../scenario/schema.ts";

/** The tools that an agent offers its model in `turn.model()`: those of the servers that it may use. */
export function offeredTools(mocks: readonly Mock[]): readonly OfferedTool[] {
  const known = offered.get(mocks);
  if (known !== undefined) return known;
  const made = mcpServersOf(mocks).flatMap(({ tools }) =>
    Object.entries(tools).map(([name, { description, input }]) => ({
      name,
      ...(description === undefined ? {} : { description }),
      schema: jsonSchemaOf(input),
    })),
  );
  offered.set(mocks, made);
  return made;
}

/** Definitions are never changed, and a model is asked at every step. */
const offered = new WeakMap<readonly Mock[], readonly OfferedTool[]>();

/** A model answered with an error, or with what is no answer. */
class ModelFailedError extends Error {
  override readonly name = "ModelFailedError";
}

/** @throws ModelFailedError where a client of a model's API would have got an error. */
export function checkAnswered(model: string, { failure, toolCalls }: Completion, limitMs: number): void {
  const fail = (words: string): never => {
    throw new ModelFailedError(`model ${model} ${words}`);
  };
  if (failure === "hang") fail(`did not answer within ${limitMs / 1000} s (limits.requestMs)`);
  else if (failure !== undefined && "breakAfter" in failure) fail("broke off its answer");
  else if (failure !== undefined)
    fail(`refused: ${failure.status}${failure.message === undefined ? "" : ` ${failure.message}`}`);
  for (const { name, malformed } of toolCalls)
    if (malformed !== undefined)
      fail(`called ${name} with arguments that are no JSON object: ${JSON.stringify(malformed.slice(0, 80))}`);
}
