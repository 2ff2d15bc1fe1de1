import { type Fault, isTroupeError } from "../core/errors.ts";
import { describeMock } from "../scenario/mock-description.ts";
import type { Mock } from "../scenario/a2a.ts";
import { VERSION } from "../wire/version.ts";
import type { FromChild, ToChild } from "./control.ts";
import type { MockHost } from "./mock-host.ts";
import { errorWords } from "./stage.ts";

/** Takes part in the runs of the process that started this one, for as long as that is there. */
export async function serveRunner(host: MockHost, mock: Mock, url: string | null): Promise<never> {
  // A Ctrl-C reaches the whole group; the runner ends the run, and this process with it.
  globalThis.process.on("SIGINT", () => {});
  const ready = { kind: "ready", version: VERSION, description: describeMock(mock), url } as const;
  // One message after the other: a run ends only when its beginning is done.
  let order: Promise<void> = Promise.resolve();
  globalThis.process.on("message", (message: ToChild) => {
    order = order.then(() => (message.kind === "hail" ? tell(ready) : obey(host, message)));
  });
  tell(ready);
  return await new Promise<never>(() => {});
}

async function obey(host: MockHost, message: Exclude<ToChild, { kind: "hail" }>): Promise<void> {
  try {
    if (message.kind === "end") tell(await host.end());
    else {
      await host.begin(message);
      if (host.isUp) tell({ kind: "begun" });
      else {
        const { faults, failures } = await host.end();
        tell({ kind: "refused", faults, failures });
      }
    }
  } catch (error) {
    tell({ kind: "refused", faults: faultsOf(error, host), failures: [] });
  }
}

function faultsOf(error: unknown, { label }: MockHost): readonly Fault[] {
  if (isTroupeError(error)) return error.faults;
  return [{ where: label, what: `it cannot take part: ${errorWords(error)}`, mend: "Mend the definition." }];
}

function tell(message: FromChild): void {
  globalThis.process.send?.(message);
}
