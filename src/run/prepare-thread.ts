import { registerTelemetry } from "../telemetry/global.ts";
import { installVirtualTime } from "./virtual-time/install.ts";

/** Patches time and registers telemetry, which has to happen before the modules of a user load. */
export function prepareThread(): void {
  installVirtualTime();
  registerTelemetry();
}
