// `parent PORT` starts `spinner PORT` and waits; `spinner` connects, tells its pid and spins; see lifeline.test.ts.
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { startChild } from "../../../src/wire/child.ts";
import { holdLifeline } from "../../../src/wire/lifeline.ts";

const [, , what = "", port = ""] = process.argv;

switch (what) {
  case "parent": {
    const args = ["--import", "tsx", fileURLToPath(import.meta.url), "spinner", port];
    const child = startChild({ command: process.execPath, args, env: {}, label: "spinner" });
    await child.exited;
    break;
  }
  case "spinner": {
    holdLifeline();
    const socket = connect(Number(port), "127.0.0.1", () => {
      socket.write(`${process.pid}\n`, () => {
        for (;;);
      });
    });
    break;
  }
  case "waiter":
    holdLifeline();
    setInterval(() => {}, 1_000_000);
    process.send?.({ ready: true });
    break;
  default:
    // Nothing but the lifeline: it may not hold the process.
    holdLifeline();
}
