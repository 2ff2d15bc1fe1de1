import { type Fault, nearestWord } from "../core/errors.ts";
import type { WireTransport } from "../run/control.ts";

const TRANSPORTS: readonly WireTransport[] = ["stdio", "http", "ws"];

/** Reads `--transport`. Adds a fault for one that there is not. */
export function readTransport(where: string, word: string | undefined, faults: Fault[]): WireTransport | undefined {
  const known = TRANSPORTS.find((name) => name === word);
  if (word === undefined || known !== undefined) return known;
  const nearest = nearestWord(word, TRANSPORTS);
  const mend = nearest === undefined ? `Known: ${TRANSPORTS.join(", ")}.` : `Did you mean ${nearest}?`;
  faults.push({ where, what: `unknown transport "${word}"`, mend });
  return undefined;
}
