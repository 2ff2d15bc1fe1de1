/** A text in JSON, or a sign that tells where in an object it stands. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;
/** Nearly every message has each of them once at most, and is read no further. */
const KEYS: readonly string[] = ["_meta", "traceparent", "tracestate", "baggage"].map((key) => `"${key}"`);
const PLACES: ReadonlySet<string> = new Set([
  "params\n_meta",
  "params\n_meta\ntraceparent",
  "params\n_meta\ntracestate",
  "params\n_meta\nbaggage",
]);
/** How deep below the message's own object they stand. */
const DEPTH = 3;

/**
 * Which keys of its carrier stand in the text of an MCP message more than once, as `_meta` or `traceparent`. RFC 8259 leaves
 * open which of them a reader takes; `JSON.parse` takes the last, and says nothing. A key with escapes in it is overlooked.
 */
export function repeatedInCarrier(text: string): readonly string[] {
  if (!KEYS.some((key) => text.indexOf(key) !== text.lastIndexOf(key))) return [];
  const counts = new Map<string, number>();
  /** The containers that are open, each with the key at which it is read. */
  const open: { readonly isObject: boolean; key: string }[] = [];
  let isKeyDue = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const inner = open.at(-1);
    if (token === "{" || token === "[") open.push({ isObject: token === "{", key: "" });
    else if (token === "}" || token === "]") open.pop();
    else if (token.startsWith('"') && isKeyDue && inner !== undefined && open.length <= DEPTH) {
      inner.key = token.slice(1, -1);
      const place = open.map(({ key }) => key).join("\n");
      if (PLACES.has(place)) counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    isKeyDue = token === "{" || (token === "," && inner?.isObject === true);
  }
  return [...counts].flatMap(([place, count]) => (count > 1 ? [place.slice(place.lastIndexOf("\n") + 1)] : []));
}
