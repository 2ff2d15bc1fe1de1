import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { type Asker, type PlainHeaders, ownServiceIn, toldAsker } from "../asker.ts";
import type { Passing, TextTransport } from "../decorated-transport.ts";
import { type CarrierRewrite, type Written, asWritten } from "../ledger.ts";
import { clientNameOf } from "../mcp-ledger.ts";
import { faultyReply } from "./exchange.ts";
import { type FaultSubject, McpSubjects, type McpHop, subjectOf } from "./subject.ts";
import { readAfterFault } from "./text.ts";
import { faultyTransport } from "./transport.ts";
import type { WireFaults } from "./wire-faults.ts";

/**
 * A run's faults at the end that is asked, for clients that are not Troupe's own: the messages of those have met theirs
 * where they left.
 */
export class Strangers {
  readonly faults: WireFaults;
  readonly #agents: readonly Asker[];

  /** `agents` are those that may ask by clients of their own. */
  constructor(faults: WireFaults, agents: readonly Asker[]) {
    this.faults = faults;
    this.#agents = agents;
  }

  /**
   * Who asks by a client that calls itself so: as its process says, as its name says where that is an agent's, or the only
   * one that it can be, where programs go before agents in process, whose `fetch` says it. Else the client, as it calls
   * itself; `undefined` for one of Troupe's own.
   */
  whoIs(client: string, headers: PlainHeaders): Asker | undefined {
    if (ownServiceIn(headers["user-agent"]) !== undefined) return undefined;
    const programs = this.#agents.filter(({ from, agent }) => from === agent);
    const [only, ...others] = programs.length > 0 ? programs : this.#agents;
    const named = this.#agents.find(({ agent }) => agent === client);
    return toldAsker(headers) ?? named ?? (others.length === 0 ? only : undefined) ?? { from: client };
  }

  /** What a stranger's request is to the rules of faults, out of what the ledger says of it. */
  subjectOf(entry: Written, headers: PlainHeaders): FaultSubject {
    return asked(subjectOf(entry), this.whoIs(entry.from, headers) ?? { from: entry.from });
  }

  /** A carrier as it set out, and as the mock is to have it; one of Troupe's own has had its faults. */
  rewrite(entry: Written, headers: PlainHeaders): ReturnType<CarrierRewrite> {
    const asker = this.whoIs(entry.from, headers);
    if (asker === undefined) return asWritten(entry.carrier, entry);
    const { from, agent = entry.agent } = asker;
    return this.faults.rewrite(entry.carrier, { ...entry, from, ...(agent === undefined ? {} : { agent }) });
  }
}

/** A server's end of a connection of MCP, with faults between it and a client that is not Troupe's own. */
export function faultyServing(
  inner: TextTransport,
  strangers: Strangers | undefined,
  { to, transport }: Omit<McpHop, "from">,
): TextTransport {
  if (strangers === undefined) return inner;
  if (transport === "http") {
    inner.through = strangersOverHttp(strangers, to);
    return inner;
  }
  const { openedBy = {} } = inner;
  const known = new StrangerSubjects(strangers, { to, transport });
  const subjects = { of: (message: JSONRPCMessage) => known.of(message, openedBy) };
  return faultyTransport(inner, strangers.faults, { end: "server", subjects });
}

/** The messages of one connection of MCP, at the end that is asked; those of Troupe's own clients have no subjects. */
class StrangerSubjects {
  readonly #strangers: Strangers;
  readonly #hop: Omit<McpHop, "from">;
  #client = "";
  #subjects: McpSubjects;

  constructor(strangers: Strangers, hop: Omit<McpHop, "from">) {
    this.#strangers = strangers;
    this.#hop = hop;
    this.#subjects = new McpSubjects({ ...hop, from: "" });
  }

  of(message: JSONRPCMessage, headers: PlainHeaders): FaultSubject | undefined {
    const client = clientNameOf(message);
    if (client !== undefined) {
      this.#client = client;
      this.#subjects = new McpSubjects({ ...this.#hop, from: client });
    }
    const asker = this.#strangers.whoIs(this.#client, headers);
    const subject = asker && this.#subjects.of(message);
    return asker && subject && asked(subject, asker);
  }
}

/** What requests in one session of MCP over HTTP pass through where faults hit those of strangers. */
function strangersOverHttp(strangers: Strangers, to: string): Passing {
  const subjects = new StrangerSubjects(strangers, { to, transport: "http" });
  return (request, answer) => {
    const message = readAfterFault(request.text);
    const subject = message instanceof Error ? undefined : subjects.of(message, Object.fromEntries(request.headers));
    return subject === undefined ? answer(request.text) : faultyReply(strangers.faults, { subject, request, answer });
  };
}

function asked(subject: FaultSubject, { from, agent = subject.agent }: Asker): FaultSubject {
  return { ...subject, from, agent, isUnknown: agent === undefined };
}
