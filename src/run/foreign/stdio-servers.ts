import type { Socket } from "node:net";
import { type Mock, mcpServersOf } from "../../scenario/a2a.ts";
import type { McpServer } from "../../scenario/server.ts";
import { type Relay, listenRelay } from "../../wire/relay.ts";
import type { Asker } from "../../wire/asker.ts";
import type { McpEntry } from "../endpoints.ts";
import { outsideOfAll } from "../frame.ts";
import { MockProcess } from "../mock-process.ts";
import { type Collected, Processes, type ProcessesRequest } from "../processes.ts";

export interface StdioServersRequest extends Pick<ProcessesRequest, "stage" | "file" | "exportTo" | "epochUnixNano"> {
  /** The service whose agents may start them. */
  readonly program: string;
  /** Those agents. */
  readonly strangers: readonly Asker[];
  readonly mocks: readonly Mock[];
}

/**
 * The mock servers of one program over stdio. Each that it starts is a process of its own, as over stdio anywhere, and takes
 * part in the run like every other: the program starts a relay, and Troupe the server behind it.
 */
export class StdioServers {
  /** By name, how the program starts each. */
  readonly entries: Readonly<Record<string, McpEntry>>;
  readonly #relays: readonly Relay[];
  readonly #started: readonly Promise<Processes>[];

  private constructor(entries: StdioServers["entries"], relays: readonly Relay[], started: Promise<Processes>[]) {
    this.entries = entries;
    this.#relays = relays;
    this.#started = started;
  }

  static async listen({ mocks, ...request }: StdioServersRequest): Promise<StdioServers> {
    const started: Promise<Processes>[] = [];
    const relays: Relay[] = [];
    const entries: [name: string, entry: McpEntry][] = [];
    for (const server of mcpServersOf(mocks)) {
      const { identity } = request.stage;
      const casting = { file: request.file, scenario: identity.scenario, mock: server, transport: "stdio" } as const;
      // Its start would else come after that of the program, which waits for it.
      const prepared = MockProcess.prepare(casting, identity.limits);
      const onStart = (pipes: Socket): void => {
        const number = started.length + 1;
        started.push(prepared.then(() => served({ ...request, server, number }, pipes)));
      };
      const relay = await outsideOfAll(() => listenRelay(onStart));
      relays.push(relay);
      entries.push([server.name, relay.entry]);
    }
    return new StdioServers(Object.fromEntries(entries), relays, started);
  }

  /** Ends the run in each that was started. */
  async end(): Promise<readonly Collected[]> {
    for (const relay of this.#relays) void relay.close();
    return await Promise.all(this.#started.map(async (started) => await (await started).end()));
  }
}

type ServedRequest = Omit<StdioServersRequest, "mocks"> & { readonly server: McpServer; readonly number: number };

/** A process of the server behind a socket. What cannot start the stage knows, and the socket ends. */
async function served({ program, server, number, ...request }: ServedRequest, socket: Socket): Promise<Processes> {
  // The number, since each draws ids of its own.
  const more = { startedBy: `${program}#${number}`, transport: "stdio", mocks: [server], urls: {} } as const;
  const { processes, isUp } = await Processes.start({ ...request, ...more, isPipedToStranger: true });
  if (!isUp) {
    socket.destroy();
    return processes;
  }
  const { stdin, stdout } = processes.pipesOf(server.name);
  // The process may serve another run.
  socket.on("close", () => void stdout.unpipe(socket)).pipe(stdin, { end: false });
  stdout.pipe(socket);
  socket.resume();
  return processes;
}
