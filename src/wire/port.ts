import { get as httpGet } from "node:http";
import { get as httpsGet } from "node:https";
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

/**
 * Resolves with true once a GET of a URL is answered with anything but a fault of the server's own, as by one that listens
 * before it can answer, and with false when the signal aborts.
 */
export async function isAnswering(url: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await answers(url, signal)) return true;
    await new Promise<void>((resolve) => void after(RETRY_MS, resolve));
  }
  return false;
}

function answers(url: string, signal: AbortSignal): Promise<boolean> {
  const get = new URL(url).protocol === "https:" ? httpsGet : httpGet;
  return new Promise((resolve) => {
    const request = get(url, { signal, headers: { accept: "application/json, text/event-stream" } }, (answer) => {
      // A stream that this may have opened is nobody's.
      answer.destroy();
      resolve((answer.statusCode ?? 500) < 500);
    });
    request.once("error", () => resolve(false));
  });
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
