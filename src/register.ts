/** The door for agents on Node: `node --import troupe/register agent.mjs` gives them telemetry and propagation. */
import { preload } from "./telemetry/preload/install.ts";

preload();
