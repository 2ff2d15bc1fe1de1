import { ATTR } from "../conventions.ts";
import { isKind } from "../kinds.ts";
import type { Dialect } from "./dialect.ts";

/** What Troupe itself adds to the OTel conventions. */
export const TROUPE: Dialect = {
  name: "troupe",
  kinds: [
    {
      rule: `${ATTR.harness} and ${ATTR.turn}`,
      kindOf: (span) => (isHarness(span.attributes) && ATTR.turn in span.attributes ? "turn" : undefined),
    },
    {
      rule: ATTR.kind,
      kindOf: ({ attributes }) => {
        const kind = attributes[ATTR.kind];
        return typeof kind === "string" && isKind(kind) ? kind : undefined;
      },
    },
  ],
  fields: {
    turn: [ATTR.turn],
    thing: [ATTR.thing],
    server: [ATTR.serverName],
    payload: [ATTR.handoffPayload],
    trajectoryStep: [ATTR.trajectoryStep],
  },
};

/** Whether Troupe put the span around the system under test. */
export function isHarness(attributes: Readonly<Record<string, unknown>>): boolean {
  const flag = attributes[ATTR.harness];
  return flag === true || flag === "true";
}
