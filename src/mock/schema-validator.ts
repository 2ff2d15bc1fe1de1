import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import type {
  JsonSchemaType,
  JsonSchemaValidator,
  jsonSchemaValidator,
} from "@modelcontextprotocol/sdk/validation/types.js";

/**
 * One validator for every client and server of the process, which compiles each schema once, by its text.
 *
 * The SDK's default makes an Ajv for each client and server, a third of a run's time; a shared Ajv caches by object and
 * grows by every schema that a new connection brings.
 */
export function sharedValidator(): jsonSchemaValidator {
  return SHARED;
}

const compiled = new Map<string, JsonSchemaValidator<unknown>>();
const ajv = new AjvJsonSchemaValidator();

const SHARED: jsonSchemaValidator = {
  getValidator: <T>(schema: JsonSchemaType) => {
    const text = JSON.stringify(schema);
    const known = compiled.get(text) ?? ajv.getValidator<unknown>(schema);
    compiled.set(text, known);
    // A validator narrows what it is given; the type is what the caller says that the schema describes.
    return known as JsonSchemaValidator<T>;
  },
};
