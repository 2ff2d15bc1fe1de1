import { readFileSync } from "node:fs";
import { sharedValidator } from "../../src/mock/schema-validator.ts";

export const shapeSchema: Readonly<Record<string, unknown>> = JSON.parse(readFileSync("shape.schema.json", "utf8"));

const validate = sharedValidator().getValidator(shapeSchema);

/** Whether a YAML value is a shape, as far as the published schema can say. */
export function isValidShape(document: unknown): boolean {
  return validate(document).valid;
}
