import { Writable } from "node:stream";
import { type LoadedMock, loadMock } from "../campaign/load-mock.ts";
import { TroupeError, faultSentence } from "../core/errors.ts";
import type { WireTransport } from "../run/control.ts";
import { type Environment, endpointsOf } from "../run/endpoints.ts";
import { serveModel } from "../run/host-model.ts";
import { prepareThread } from "../run/prepare-thread.ts";
import { MockHost } from "../run/mock-host.ts";
import { UNDER_RUNNER } from "../run/mock-process.ts";
import { serveRunner } from "../run/under-runner.ts";
import { type Mock, isA2aAgent } from "../scenario/a2a.ts";
import { isDefinition } from "../scenario/brand.ts";
import type { Model } from "../scenario/model.ts";
import { LIMITS } from "../scenario/scenario.ts";
import { type Door, isEveryAddress } from "../wire/door.ts";
import { holdLifeline } from "../wire/lifeline.ts";
import { ownProgram } from "../wire/own-program.ts";
import { EPOCH_UNIX_NANO } from "../wire/system-clock.ts";
import { type ExitCode, worstExitCode } from "../report/exit-code.ts";
import { type ServeArguments, type ServeFlags, TOKEN_VARIABLE, readServeFlags, transportOf } from "./serve-flags.ts";
import type { Terminal } from "./terminal.ts";

/** `troupe serve`: one mock server, remote agent or model for any client, until it is stopped or its input ends. */
export async function serve(args: ServeArguments, terminal: Terminal): Promise<ExitCode> {
  const [path = ""] = args.operands;
  // What a mock starts in its turn inherits the variable, but no channel.
  const isUnderRunner = process.env[UNDER_RUNNER] === "1" && process.send !== undefined;
  // Nor does a runner send the token that it may have inherited itself.
  const flags = readServeFlags(args, isUnderRunner ? undefined : process.env[TOKEN_VARIABLE]);
  const { seed, door } = flags;
  // Before anything of the user's runs: a file that never comes to the end of its loading must not outlive the runner.
  if (isUnderRunner) holdLifeline();
  prepareThread();
  const { file, mock } = await loadMock(path, args.value("scenario"));
  if (isModel(mock)) return await serveAlone(mock, { ...flags, path }, terminal);
  // A runner says itself where spans go.
  const exportTo = isUnderRunner ? null : otlpEndpoint();
  const spoken = transportOf(mock, flags, path);
  const host = new MockHost({ file, mock, transport: spoken, door, input: process.stdin, output: REAL_STDOUT });
  const url = await host.listen();
  if (isUnderRunner) return await serveRunner(host, mock, url);
  // A stop that comes while it begins counts too.
  const stopped = stop(terminal, spoken);
  const named = { scenario: mock.name, seed, runId: "serve", startedBy: "" };
  const identity = { ...named, limits: LIMITS, faults: [], spanFaults: [] };
  const time = { epochUnixNano: EPOCH_UNIX_NANO, isAlone: true };
  const clients = { strangers: [], isPipedToStranger: false };
  await host.begin({ identity, exportTo, transport: "stdio", urls: {}, ...time, ...clients });
  if (host.isUp) {
    const told = url === null ? terminal.err : terminal.out;
    told.print(`${host.label} (seed ${seed}) speaks ${isA2aAgent(mock) ? "A2A" : "MCP"} ${placeWords(url)}`);
    for (const line of entryWords(door, url)) told.print(line);
    told.print(
      isA2aAgent(mock)
        ? `its card: ${url}/.well-known/agent-card.json`
        : clientConfiguration({ file, mock, url, seed, door }),
    );
    await stopped;
  }
  const { failures, faults } = await host.end();
  await host.close();
  for (const sentence of [...failures, ...faults.map(faultSentence)]) terminal.err.print(sentence);
  return worstExitCode([failures.length > 0 ? 1 : 0, faults.length > 0 ? 2 : 0]);
}

function isModel(mock: Mock | Model): mock is Model {
  return isDefinition(mock, "model");
}

/** Serves a model's API, which needs nothing of a run. */
async function serveAlone(
  model: Model,
  { transport = "http", door, seed, path }: ServeFlags & { readonly path: string },
  terminal: Terminal,
): Promise<ExitCode> {
  if (transport !== "http") {
    const what = `model ${model.name} cannot speak ${transport}: its APIs are spoken over HTTP`;
    throw new TroupeError("USAGE", { where: path, what, mend: "Use --transport http, or leave it out." });
  }
  const stopped = stop(terminal, transport);
  let code: ExitCode = 0;
  const onFault = (sentence: string): void => {
    code = 1;
    terminal.err.print(sentence);
  };
  const listening = await serveModel(model, { seed, door, onFault });
  terminal.out.print(`model ${model.name} (seed ${seed}) speaks OpenAI's and Anthropic's APIs at ${listening.url}`);
  for (const line of entryWords(door, listening.url)) terminal.out.print(line);
  for (const [name, value] of Object.entries(modelEnvironment(listening.url, door)))
    terminal.out.print(`export ${name}=${value}`);
  await stopped;
  await listening.close();
  return code;
}

/** Standard output itself: `main` sends what code under test prints there to standard error. */
const REAL_STDOUT: Writable = new Writable({
  write: (chunk: Buffer, encoding, done) => void Writable.prototype.write.call(process.stdout, chunk, encoding, done),
});

function stop({ onStop }: Terminal, transport: WireTransport): Promise<void> {
  return new Promise((resolve) => {
    onStop?.(() => resolve());
    if (transport === "stdio") process.stdin.once("end", resolve).once("close", resolve);
  });
}

function placeWords(url: string | null): string {
  return url === null ? "on standard input and output" : `at ${url}`;
}

/** What a client has to know of the door; nothing over stdio, nor of one on loopback without a token. */
function* entryWords({ host, port, publicUrl, token }: Door, url: string | null): Generator<string> {
  if (url === null) return;
  if (publicUrl !== undefined)
    yield `it listens at ${host ?? "127.0.0.1"}, port ${port}: the proxy is to pass requests on to it`;
  else if (host !== undefined && isEveryAddress(host))
    yield `it listens at every address of this machine (--host ${host}): that one is what others can reach`;
  if (token !== undefined)
    yield `every request needs its token: Authorization: Bearer \${${TOKEN_VARIABLE}}, the variable holding the token`;
}

/** Both SDKs send as a bearer's token what stands in these variables; Anthropic's key goes in a header of its own. */
function modelEnvironment(url: string, { token }: Door): Environment {
  const { ANTHROPIC_API_KEY = "", ...others } = endpointsOf({ models: url });
  if (token === undefined) return { ...others, ANTHROPIC_API_KEY };
  const variable = `$${TOKEN_VARIABLE}`;
  return { ...others, OPENAI_API_KEY: variable, ANTHROPIC_AUTH_TOKEN: variable };
}

/** What to paste into the configuration of an MCP client, which may start it in any folder. */
function clientConfiguration({
  file,
  mock: { name },
  url,
  seed,
  door: { token },
}: LoadedMock<Mock> & Pick<ServeFlags, "seed" | "door"> & { readonly url: string | null }): string {
  const words = ["serve", `${file}#${name}`, "--transport", "stdio", "--seed", String(seed)];
  const { command, args } = ownProgram(words, {});
  const headers = token === undefined ? {} : { headers: { Authorization: `Bearer \${${TOKEN_VARIABLE}}` } };
  const entry = url === null ? { command, args } : { type: url.startsWith("ws") ? "ws" : "http", url, ...headers };
  return JSON.stringify({ mcpServers: { [name]: entry } }, null, 2);
}

/**
 * Where spans are to go, without the slash at its end; null where the variable is not set, which is the same as empty.
 *
 * @throws TroupeError `USAGE` when it is no address.
 */
function otlpEndpoint(): string | null {
  const endpoint = (process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "").trim().replace(/\/+$/, "");
  if (endpoint === "") return null;
  if (/^https?:\/\//.test(endpoint) && URL.canParse(endpoint)) return endpoint;
  const what = `"${endpoint}" is no address that spans can be sent to`;
  const mend = "Write one such as http://127.0.0.1:4318, or unset it.";
  throw new TroupeError("USAGE", { where: "OTEL_EXPORTER_OTLP_ENDPOINT", what, mend });
}
