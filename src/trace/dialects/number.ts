import type { AttributeValue } from "../span.ts";

/** A count or an amount, which some exporters write as text; absent when the value is none. */
export function numberOf(value: AttributeValue | undefined): number | undefined {
  if (typeof value === "bigint") return Number(value);
  const isNumeral = typeof value === "string" && /^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(value);
  const number = isNumeral ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
