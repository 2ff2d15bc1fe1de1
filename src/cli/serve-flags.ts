import { type Fault, TroupeError } from "../core/errors.ts";
import type { WireTransport } from "../run/control.ts";
import { type Mock, isA2aAgent } from "../scenario/a2a.ts";
import { type Door, isLoopbackHost } from "../wire/door.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import { readSeeds } from "./seeds.ts";
import { readTransport } from "./transport.ts";

export type ServeArguments = Arguments<(typeof COMMANDS)["serve"]>;

export interface ServeFlags {
  readonly transport: WireTransport | undefined;
  readonly seed: number;
  readonly door: Door;
  /** The flags that say where it listens and who may come in, as far as given; a token of the environment is none. */
  readonly doorFlags: readonly { readonly flag: string; readonly words: string }[];
}

/** Where the token may stand, so that it stands in no list of processes. */
export const TOKEN_VARIABLE = "TROUPE_TOKEN";

const WHERE = "troupe serve";

/**
 * Reads what `troupe serve` is told. The token of the environment, where it is not empty, holds where no other is given.
 *
 * @throws TroupeError `USAGE` with every fault; none repeats a token.
 */
export function readServeFlags({ value }: ServeArguments, tokenOfEnvironment: string | undefined): ServeFlags {
  const faults: Fault[] = [];
  const [seed = 1] = readSeeds({ seed: value("seed"), seeds: undefined }, faults);
  const transport = readTransport(WHERE, value("transport"), faults);
  const port = value("port");
  const mend = "Give a number from 1 to 65535, or 0 for a free one.";
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) < 65_536))
    faults.push({ where: WHERE, what: `--port ${port} is no port`, mend });
  const host = value("host");
  const publicUrl = value("public-url")?.replace(/\/+$/, "");
  const token = value("token") ?? (tokenOfEnvironment === "" ? undefined : tokenOfEnvironment);
  const isFromFlag = value("token") !== undefined;
  if (token !== undefined) faults.push(...tokenFaults(token, isFromFlag ? "--token" : TOKEN_VARIABLE));
  if (host !== undefined) faults.push(...hostFaults(host, token !== undefined));
  if (publicUrl !== undefined) faults.push(...publicUrlFaults(publicUrl, port, token !== undefined));
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  const door = {
    port: Number(port ?? 0),
    ...(host === undefined ? {} : { host }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    token,
  };
  const doorFlags = [
    ...(port === undefined ? [] : [{ flag: "--port", words: `port ${port}` }]),
    ...(host === undefined ? [] : [{ flag: "--host", words: `host ${host}` }]),
    ...(publicUrl === undefined ? [] : [{ flag: "--public-url", words: "public URL" }]),
    ...(isFromFlag ? [{ flag: "--token", words: "token" }] : []),
  ];
  return { transport, seed, door, doorFlags };
}

/** @see RFC 6750, section 2.1 */
function tokenFaults(token: string, name: string): readonly Fault[] {
  if (/^[\w.~+/-]+=*$/.test(token)) return [];
  const what = `the token of ${name} cannot be sent in a header`;
  const mend = "Use letters, digits and -._~+/ only, as in: openssl rand -hex 32.";
  return [{ where: WHERE, what, mend }];
}

/** A name or an address, as the system resolves it: no scheme, no port, no brackets. */
const HOST = /^(?:[a-z\d](?:[a-z\d._-]*[a-z\d])?|[\da-f:.]*:[\da-f:.]*:[\da-f:.]*)$/i;

function hostFaults(host: string, hasToken: boolean): readonly Fault[] {
  if (!HOST.test(host)) {
    const mend = "Give a name or an address of this machine, without a scheme; the port goes to --port.";
    return [{ where: WHERE, what: `--host ${host} is no host`, mend }];
  }
  if (hasToken || isLoopbackHost(host)) return [];
  const what = `at --host ${host} anybody who reaches this machine could use the mock: there is no token`;
  const mend = `Set ${TOKEN_VARIABLE} or give --token, or leave out --host.`;
  return [{ where: WHERE, what, mend }];
}

function publicUrlFaults(url: string, port: string | undefined, hasToken: boolean): readonly Fault[] {
  const parsed = /^https?:\/\//.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  const isPlain = parsed !== undefined && parsed.search + parsed.hash + parsed.username + parsed.password === "";
  const mend = "Give the address of the proxy, as in https://mocks.staging.example.";
  if (!isPlain) return [{ where: WHERE, what: `--public-url ${url} is no address that clients can call`, mend }];
  const what = `at ${url} anybody could use the mock: there is no token`;
  const open = { where: WHERE, what, mend: `Set ${TOKEN_VARIABLE} or give --token, or leave out --public-url.` };
  const unknown = { where: WHERE, what: "the proxy has to know where the mock listens", mend: "Add --port." };
  return [...(hasToken ? [] : [open]), ...(port === undefined || Number(port) === 0 ? [unknown] : [])];
}

/** @throws TroupeError `USAGE` for a transport that the mock does not speak, and for a port, host or token where there is none. */
export function transportOf(mock: Mock, { transport: wanted, doorFlags }: ServeFlags, path: string): WireTransport {
  const usage = (what: string, mend: string): TroupeError => new TroupeError("USAGE", { where: path, what, mend });
  if (isA2aAgent(mock)) {
    if (wanted === undefined || wanted === "http") return "http";
    const what = `agent ${mock.name} cannot speak ${wanted}: A2A is spoken over HTTP`;
    throw usage(what, "Use --transport http, or leave it out.");
  }
  const spoken = wanted ?? "stdio";
  const [given] = doorFlags;
  if (spoken !== "stdio" || given === undefined) return spoken;
  throw usage(`there is no ${given.words} over stdio`, `Add --transport http or ws, or leave out ${given.flag}.`);
}
