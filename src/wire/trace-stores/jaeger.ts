import { bearer } from "./keys.ts";
import { HEX_ID, type Store } from "./store.ts";

/** Jaeger's query API, which its UI uses too. */
export const JAEGER: Store = {
  variables: "JAEGER_TOKEN",
  keys: (env) => bearer("JAEGER_TOKEN", env),
  id: HEX_ID,
  async *documents({ read, traceId }) {
    yield* (await read(`api/traces/${traceId}`)).bytes;
  },
};
