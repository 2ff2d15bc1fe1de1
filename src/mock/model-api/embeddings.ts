import * as z from "zod";
import type { Json } from "../../core/json.ts";
import { hash32 } from "../../core/random.ts";
import { tokensIn } from "../model.ts";
import { parsed } from "./dialect.ts";

export const EMBEDDINGS_PATH = "/v1/embeddings";

const DIMENSIONS = 1536;
const DIMENSIONS_MAX = 8192;
/** How many numbers of a vector one word touches. */
const TOUCHED = 24;

const requestForm = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(z.string()).min(1)], { error: "this is no text and no list of texts" }),
  dimensions: z.int().min(1).max(DIMENSIONS_MAX).default(DIMENSIONS),
  encoding_format: z.enum(["float", "base64"]).default("float"),
});

/**
 * Answers a request for embeddings, as of OpenAI's API.
 *
 * @throws RequestError when the body is no such request.
 */
export function writeEmbeddings(body: unknown): Json {
  const { model, input, dimensions, encoding_format: encoding } = parsed(requestForm, body);
  const texts = typeof input === "string" ? [input] : input;
  const tokens = tokensIn(texts.map((text) => ({ text })));
  return {
    object: "list",
    model,
    data: texts.map((text, index) => {
      const vector = embedding(text, dimensions);
      return { object: "embedding", index, embedding: encoding === "float" ? vector : base64(vector) };
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/**
 * A vector of length 1 that depends on the text alone: texts that share words are near each other, and no seed changes it.
 */
function embedding(text: string, dimensions: number): readonly number[] {
  const vector = Array.from({ length: dimensions }, () => 0);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
  for (const word of words)
    for (let touch = 0; touch < TOUCHED; touch++) {
      const hash = hash32(`${touch}/${word}`);
      const place = (hash >>> 1) % dimensions;
      vector[place] = (vector[place] ?? 0) + (hash % 2 === 0 ? 1 : -1);
    }
  const length = Math.hypot(...vector);
  // What cancels out altogether still needs a direction.
  if (length === 0) return vector.map((_, index) => (index === 0 ? 1 : 0));
  return vector.map((value) => value / length);
}

/** As 32-bit floats, least byte first. */
function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}
