import type { Json } from "../../core/json.ts";
import type { ApiError } from "./dialect.ts";

/** An error as OpenAI's APIs write it. */
export function writeOpenAiError({ status, message, param }: ApiError): Json {
  const [type, code] = ERRORS[status] ?? (status >= 500 ? ["server_error", null] : ["invalid_request_error", null]);
  return { error: { message, type, param: param ?? null, code } };
}

const ERRORS: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  401: ["invalid_request_error", "invalid_api_key"],
  404: ["invalid_request_error", "not_found"],
  429: ["requests", "rate_limit_exceeded"],
};
