import { connect } from "node:net";
import { listenOnLoopback } from "./loopback.ts";
import { after } from "./system-clock.ts";

const RETRY_MS = 20;

/** A port of 127.0.0.1 on which nobody listens now. Nothing keeps it free: it is for a program that is told its port. */
export async function freePort(): Promise<number> {
  const loopback = await listenOnLoopback(0, () => {});
  await loopback.close();
  return loopback.port;
}

/** Resolves with true once somebody takes connections on a port of 127.0.0.1, and with false when the signal aborts. */
export async function isListening(port: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await takesConnections(port)) return true;
    await new Promise<void>((resolve) => void after(RETRY_MS, resolve));
  }
  return false;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (isTaken: boolean): void => {
      socket.destroy();
      resolve(isTaken);
    };
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
  });
}
