const HEX_BYTES = { trace: 16, span: 8 } as const;

/**
 * A trace or span id as Troupe keeps it: lower-case hex where it was hex (also behind `0x`) or padded base64 of the right
 * length, else as written. Undefined where there is none: absent, empty, or all zero, which OTLP says is no id.
 */
export function readId(value: unknown, of: "trace" | "span"): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  const id = value.startsWith("0x") ? value.slice(2) : value;
  const bytes = HEX_BYTES[of];
  const hex = new RegExp(`^[0-9a-f]{${bytes * 2}}$`, "i").test(id) ? id.toLowerCase() : base64ToHex(id, bytes);
  if (hex === undefined) return value;
  return /^0+$/.test(hex) ? undefined : hex;
}

/** protobuf's own JSON mapping writes bytes as base64, which OTLP/JSON forbids for ids; Tempo and others do it anyway. */
function base64ToHex(id: string, bytes: number): string | undefined {
  if (id.length !== Math.ceil(bytes / 3) * 4 || !/^[A-Za-z0-9+/_-]+={1,2}$/.test(id)) return undefined;
  const decoded = Buffer.from(id, "base64");
  return decoded.length === bytes ? decoded.toString("hex") : undefined;
}
