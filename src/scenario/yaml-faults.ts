import type { WireFault } from "./fault.ts";
import { faultProblems, isWireFault } from "./fault-form.ts";
import * as y from "./yaml-reader.ts";
import type { Read } from "./yaml-reader.ts";

/** A fault as scenarios in TypeScript write it, with the same words for what is wrong. */
export const faultYaml: Read<WireFault> = (node, yaml) => {
  const value = y.record(y.json)(node, yaml);
  if (value === undefined) return undefined;
  const places = new Map(y.entries(node, yaml).map((entry) => [entry.name, entry.value]));
  for (const { key, what, mend } of faultProblems(value))
    yaml.fault((key === undefined ? undefined : places.get(key)) ?? node, what, mend);
  return isWireFault(value) ? value : undefined;
};
