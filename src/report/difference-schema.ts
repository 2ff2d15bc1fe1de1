import * as z from "zod";

const count = z.int().nonnegative();

/** A span, as documents name it. */
export const placeSchema = z.strictObject({ traceId: z.string(), spanId: z.string(), label: z.string() });

const pairOfPlaces = { before: placeSchema, after: placeSchema } as const;
const position = z
  .strictObject({ traceId: z.string(), under: placeSchema.nullable(), index: count })
  .describe("which semantic child of which span, from 0; at the top of its trace where under is null");
const ways = { from: position, to: position } as const;
const around = z.array(z.strictObject(pairOfPlaces)).describe("the topmost spans inside it that both have");

/** One difference between two trees. */
export const differenceSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("removed"), before: placeSchema, from: position, size: count, around }),
  z.strictObject({ kind: z.literal("added"), after: placeSchema, to: position, size: count, around }),
  z.strictObject({ kind: z.literal("moved"), ...pairOfPlaces, ...ways, size: count, changed: z.boolean() }),
  z.strictObject({ kind: z.literal("reordered"), ...pairOfPlaces, ...ways }),
  z.strictObject({ kind: z.literal("renamed"), ...pairOfPlaces }),
  z.strictObject({
    kind: z.literal("changed"),
    ...pairOfPlaces,
    changes: z.array(
      z.strictObject({
        key: z.string(),
        from: z.string().nullable(),
        to: z.string().nullable(),
        inherited: z.boolean().describe("whether a span above changed in just this"),
      }),
    ),
  }),
]);
