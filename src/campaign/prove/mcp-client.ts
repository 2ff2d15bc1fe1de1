import { contextFields } from "../../check/proof/contexts.ts";
import { judgeMessages } from "../../check/proof/messages.ts";
import type { Proof } from "../../check/proof/proof.ts";
import { seededSpanIds } from "../../core/ids.ts";
import type { Child } from "../../wire/child.ts";
import { after } from "../../wire/system-clock.ts";
import { type PeerAddress, type ProofLimits, openBench, subjectOf, whyEnded } from "./bench.ts";
import type { Era } from "./era.ts";

export interface ClientProofOptions {
  readonly peer: PeerAddress;
  readonly limits: ProofLimits;
  readonly otlpPort: number;
  readonly seed: number;
  readonly transport: "stdio" | "http";
  /** What alone our server speaks. Default: either, as the client begins. */
  readonly era?: Era | undefined;
}

/**
 * Proves an MCP client: a program that is given our server, and a context in its environment, does what it does until it
 * ends; each message that comes in is judged by the carrier that it brings.
 *
 * @throws TroupeError `USAGE` when it cannot be started.
 */
export async function proveMcpClient(options: ClientProofOptions): Promise<Proof> {
  const { peer, transport, seed } = options;
  const ids = seededSpanIds(seed, "proof");
  const given = contextFields("foreign", { traceId: ids.generateTraceId(), spanId: ids.generateSpanId() }, 0);
  const context = Object.fromEntries(Object.entries(given).map(([name, text]) => [name.toUpperCase(), text]));
  const bench = await openBench({ ...options, context });
  const { heard, spans, child } = bench;
  const isSaid = (): boolean => heard.some(({ protocol }) => protocol === "mcp");
  let notes: readonly string[] = [];
  let missing: readonly string[] = [];
  try {
    notes = child === undefined ? [] : await ended(child, options, isSaid);
    if (isSaid()) await bench.settle(() => child?.isOver === true);
  } finally {
    missing = await bench.close("SIGTERM");
  }
  return {
    kind: "mcp-client",
    peer: { subject: subjectOf(peer), ...bench.introduction() },
    transport,
    proved: judgeMessages(heard, { given, spans }),
    counts: { messages: heard.length, spans: spans.length, downstream: 0 },
    notes: [...notes, ...missing],
    ...(isSaid()
      ? {}
      : {
          failure:
            "it said nothing to our server, which it finds in MCP_SERVERS, in the file MCP_CONFIG, and as {url} and {config} in its command",
        }),
  };
}

/** Waits until a program has ended, whose stdin is empty; returns what its end has to say. */
async function ended(
  child: Child,
  { peer, limits }: ClientProofOptions,
  isSaid: () => boolean,
): Promise<readonly string[]> {
  child.stdout.resume();
  child.stdin.end();
  let cancel = (): void => {};
  const late = new Promise<undefined>((resolve) => (cancel = after(limits.workMs, () => resolve(undefined))));
  const exit = await Promise.race([child.exited, late]);
  cancel();
  if (exit === undefined)
    return [`it had not ended by itself after ${limits.workMs / 1000} s; what it said until then counts`];
  return exit.code === 0 && isSaid() ? [] : [await whyEnded(child, peer)];
}
