import { appendFileSync } from "node:fs";
import type { CarrierFields } from "../../trace/evidence.ts";
import { carrierFields } from "../../wire/ledger.ts";
import { ownVariables } from "../../wire/own-environment.ts";

/** Names the file in which a program tells what reached it, and what it sends. */
export const LEDGER_VARIABLE = "TROUPE_LEDGER";

/** The context with which a program says that it was started: its own end of the hop. */
export interface ToldEnvironment {
  readonly carrier: CarrierFields;
  readonly timeUnixNano: bigint;
}

/** Writes down which context stands in this process's environment, where Troupe has started it. */
export function tellEnvironment(): void {
  tell({ carrier: carrierFields(process.env) });
}

/** Whether anybody has asked this process to tell. */
export function isTelling(): boolean {
  return fileToTell() !== undefined;
}

/** Writes down what is so at this moment. */
export function tell(what: Readonly<Record<string, unknown>>): void {
  const file = fileToTell();
  if (file === undefined) return;
  try {
    appendFileSync(file, `${JSON.stringify({ ...what, timeUnixNano: `${Date.now()}000000` })}\n`);
  } catch {
    // The run may be over, and its files gone.
  }
}

function fileToTell(): string | undefined {
  return ownVariables([LEDGER_VARIABLE])[LEDGER_VARIABLE];
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
