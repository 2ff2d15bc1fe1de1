import { fstatSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { LIFELINE_FD } from "./child.ts";

/** How long a child whose parent has gone may take to leave by itself. */
const GRACE_MS = 200;

/**
 * CommonJS text and no file: a worker of its own has no TypeScript loader, and the source and the compiled package would
 * need two paths.
 *
 * A byte means "please leave"; the end means that the parent has gone, whatever way it went.
 */
const WATCH = `
const { parentPort } = require("node:worker_threads");
const { Socket } = require("node:net");
const line = new Socket({ fd: ${LIFELINE_FD}, readable: true, writable: false });
line.on("data", () => parentPort.postMessage("leave"));
line.on("error", () => {});
line.on("close", () => {
  parentPort.postMessage("leave");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), ${GRACE_MS});
});
`;

/**
 * Ends this process when its parent asks or has gone, even while it spins in a loop that handles no event: a worker
 * thread watches the pipe that the parent holds. It does not keep the process alive. Where no `startChild` started
 * this process it does nothing.
 *
 * A listener for `disconnect` of the channel would keep the process alive, and hear nothing in such a loop.
 */
export function holdLifeline(): void {
  if (!hasLifeline()) return;
  // Neither the loader that tsx asks for nor NODE_OPTIONS may reach the worker: they cost more than all it does.
  const worker = new Worker(WATCH, { eval: true, execArgv: [], env: {}, trackUnmanagedFds: false });
  worker.on("message", () => process.exit());
  worker.on("error", () => {});
  worker.unref();
}

function hasLifeline(): boolean {
  if (process.send === undefined) return false;
  try {
    const about = fstatSync(LIFELINE_FD);
    return about.isSocket() || about.isFIFO();
  } catch {
    return false;
  }
}
