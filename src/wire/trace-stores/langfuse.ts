import { basic } from "./keys.ts";
import {
  page,
  PAGE_SIZE,
  PAGES_MAX,
  readPage,
  tooManyPages,
  type Members,
  type Store,
  type StoredTrace,
} from "./store.ts";

/** Langfuse's public API: the trace with its observations in it; where it has only their ids, they come in pages. */
export const LANGFUSE: Store = {
  variables: "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY",
  keys: (env) => basic("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", env),
  async *documents(trace) {
    const { members, bytes } = await readPage(trace, `api/public/traces/${trace.traceId}`);
    const { observations } = members;
    const isWhole = Array.isArray(observations) && observations.every((each) => typeof each === "object");
    yield isWhole ? bytes : page({ ...members, observations: await observationsOf(trace) });
  },
};

async function observationsOf(trace: StoredTrace): Promise<readonly unknown[]> {
  const observations: unknown[] = [];
  for (let number = 1, last = 1; number <= last; number++) {
    if (number > PAGES_MAX) throw tooManyPages(trace);
    const query = `traceId=${trace.traceId}&page=${number}&limit=${PAGE_SIZE}`;
    const { members } = await readPage(trace, `api/public/observations?${query}`);
    if (Array.isArray(members["data"])) observations.push(...(members["data"] as readonly unknown[]));
    last = pagesIn(members);
  }
  return observations;
}

function pagesIn({ meta }: Members): number {
  const pages: unknown = typeof meta === "object" && meta !== null ? Reflect.get(meta, "totalPages") : undefined;
  return typeof pages === "number" ? pages : 1;
}
