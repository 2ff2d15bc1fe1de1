import { appendFileSync } from "node:fs";
import type { CarrierFields } from "../../trace/evidence.ts";
import { carrierFields } from "../../wire/ledger.ts";
import { ownVariables } from "../../wire/own-environment.ts";

/** Names the file in which a program tells what reached it. */
export const LEDGER_VARIABLE = "TROUPE_LEDGER";

/** The context with which a program says that it was started: its own end of the hop. */
export interface ToldEnvironment {
  readonly carrier: CarrierFields;
  readonly timeUnixNano: bigint;
}

/** Writes down which context stands in this process's environment, where Troupe has started it. */
export function tellEnvironment(): void {
  const { [LEDGER_VARIABLE]: file } = ownVariables([LEDGER_VARIABLE]);
  if (file === undefined) return;
  const told = { carrier: carrierFields(process.env), timeUnixNano: `${Date.now()}000000` };
  try {
    appendFileSync(file, `${JSON.stringify(told)}\n`);
  } catch {
    // The run may be over, and its files gone.
  }
}

/** Reads what a program told; its own children tell after it, and are not meant. */
export function readToldEnvironment(text: string): ToldEnvironment | undefined {
  try {
    const { carrier, timeUnixNano }: Readonly<Record<string, unknown>> = Object(
      JSON.parse(text.split("\n", 1)[0] ?? ""),
    );
    return typeof timeUnixNano === "string"
      ? { carrier: carrierFields(carrier), timeUnixNano: BigInt(timeUnixNano) }
      : undefined;
  } catch {
    return undefined;
  }
}
