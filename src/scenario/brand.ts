/**
 * Marks a definition as what it is.
 *
 * A registered symbol and not a class: a TypeScript loader may evaluate this package twice, and a definition made by one
 * copy must be known to the other.
 */
export const DEFINITION: unique symbol = Symbol.for("troupe.definition") as never;

export type DefinitionKind = "scenario" | "persona" | "agent" | "mcp-server" | "a2a-agent" | "model";

export interface Definition<K extends DefinitionKind> {
  readonly [DEFINITION]: K;
  readonly name: string;
}

/** Whether `value` is a definition of that kind, whichever copy of this package made it. */
export function isDefinition<K extends DefinitionKind>(value: unknown, kind: K): value is Definition<K> {
  return typeof value === "object" && value !== null && DEFINITION in value && value[DEFINITION] === kind;
}
