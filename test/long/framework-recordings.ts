/** Agents on frameworks, recorded by the program against stand-ins for the real model and the real servers. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { type Exited, TROUPE } from "../cli/run-child.ts";
import { type AtEnd, type Serving, serving } from "../processes/fixtures-serve/serving.ts";

const NODE = ["node", "--conditions=troupe-source", "--import", "tsx", "--import", "troupe/register"];

/** How an agent is started from the root of the package, in words that need no quotes. */
export function programOf(name: string): readonly string[] {
  if (name === "python-plain")
    return ["env", "MODEL=mock-model", "python3", "scenarios/frameworks/python-plain.agent.py"];
  return [...NODE, "scenarios/frameworks/main.mjs", `./${name}/agent.mjs`];
}

/** The model that plays the real one, and a server that does. */
export interface RealWorld {
  readonly model: Serving;
  readonly orders: Serving;
  readonly atEnd: AtEnd;
}

export async function realWorld(atEnd: AtEnd): Promise<RealWorld> {
  const [model, orders] = await Promise.all([
    serving(["scenarios/frameworks/clerk.ts#mock-model"], { atEnd }),
    serving(["mock-servers/orders.ts#orders", "--transport", "http"], { atEnd }),
  ]);
  return { model, orders, atEnd };
}

export async function troupe(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Exited> {
  const [node, ...program] = TROUPE;
  const child = spawn(node, [...program, ...words], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out, err };
}

/** Records one conversation. The payments are a server of its own, since they refund an order once. */
export async function recorded(
  { model, orders, atEnd }: RealWorld,
  { folder, name, agent }: { readonly folder: string; readonly name: string; readonly agent: readonly string[] },
): Promise<Exited> {
  // One that is started for its client may take longer than OpenAI's SDK waits for it.
  const payments = await serving(["mock-servers/payments.ts#payments", "--transport", "http"], { atEnd });
  const servers = ["--mcp", `orders=${orders.url}`, "--mcp", `payments=${payments.url}`];
  const said = ["--say", "I was charged twice for order A-17."];
  const words = ["record", "--out", folder, "--name", name, ...said, ...servers, "--", ...agent];
  const env = { OPENAI_BASE_URL: `${model.url}/v1`, OPENAI_API_KEY: "sk-real-1234567890abcdefgh" };
  const exited = await troupe(words, env);
  await payments.stop("SIGTERM");
  return exited;
}
