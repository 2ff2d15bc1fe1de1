import { basic, bearer, key } from "./keys.ts";
import { HEX_ID, type Store } from "./store.ts";

/** Grafana Tempo. Its second API says where a trace is too large to be whole; before 2.7 there is only the first. */
export const TEMPO: Store = {
  variables: "TEMPO_TOKEN, or TEMPO_USER and TEMPO_PASSWORD, and TEMPO_ORG_ID for a tenant",
  keys: (env) => ({
    ...bearer("TEMPO_TOKEN", env),
    ...basic("TEMPO_USER", "TEMPO_PASSWORD", env),
    ...(env["TEMPO_ORG_ID"] !== undefined && { "x-scope-orgid": key("TEMPO_ORG_ID", env) }),
  }),
  id: HEX_ID,
  async *documents({ read, readIfThere, traceId }) {
    const answer = (await readIfThere(`api/v2/traces/${traceId}`)) ?? (await read(`api/traces/${traceId}`));
    yield* answer.bytes;
  },
};
