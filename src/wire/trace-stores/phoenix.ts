import { bearer } from "./keys.ts";
import { HEX_ID, page, PAGE_SIZE, PAGES_MAX, readPage, tooManyPages, type Store } from "./store.ts";

/** Phoenix: a project's spans of one trace, in pages. A server before 13.9 gives those of all its traces. */
export const PHOENIX: Store = {
  variables: "PHOENIX_API_KEY",
  keys: (env) => bearer("PHOENIX_API_KEY", env),
  id: HEX_ID,
  async *documents(trace) {
    let cursor = "";
    for (let number = 1; ; number++) {
      const from = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const query = `trace_id=${trace.traceId}&limit=${PAGE_SIZE}${from}`;
      const { members, bytes } = await readPage(trace, `v1/projects/${trace.project}/spans?${query}`);
      const spans: readonly unknown[] = Array.isArray(members["data"]) ? members["data"] : [];
      const own = spans.filter((span) => traceIdOf(span) === trace.traceId.toLowerCase());
      yield own.length === spans.length ? bytes : page({ data: own });
      const next = members["next_cursor"];
      if (typeof next !== "string" || next === "") return;
      if (number === PAGES_MAX || next === cursor) throw tooManyPages(trace);
      cursor = next;
    }
  },
};

function traceIdOf(span: unknown): unknown {
  const context: unknown = typeof span === "object" && span !== null ? Reflect.get(span, "context") : undefined;
  return typeof context === "object" && context !== null ? Reflect.get(context, "trace_id") : undefined;
}
