import type { Transport, TransportSendOptions } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage, MessageExtraInfo, RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { PlainHeaders } from "./asker.ts";
import type { HttpReply, HttpRequest } from "./http-exchange.ts";

/** What a request over HTTP passes through on its way to who answers it, and its answer on the way back. */
export type Passing = (request: HttpRequest, answer: (text: string) => Promise<HttpReply>) => Promise<HttpReply>;

/**
 * A transport that may be given a message's text and may tell it, where it makes one anyway. Any transport is one: it
 * takes and tells nothing of it.
 */
export interface TextTransport extends Transport {
  onmessage?: ((message: JSONRPCMessage, extra?: MessageExtraInfo, text?: string) => void) | undefined;
  send(message: JSONRPCMessage, options?: TransportSendOptions, text?: string): Promise<void>;
  /**
   * The status of HTTP with which a request of that id was answered, once; absent where nothing of HTTP is in sight. A
   * server's end knows it when the answer has been sent.
   */
  statusOf?(id: RequestId): number | undefined;
  /** At a server's end over HTTP, what all requests are to pass through. */
  through?: Passing;
  /** The headers with which a client opened the connection, where HTTP did it. */
  readonly openedBy?: PlainHeaders;
}

interface Decoration {
  readonly send: Transport["send"];
  /** Takes what comes in, and hands it on to `next`. */
  readonly receive: (
    message: JSONRPCMessage,
    extra: MessageExtraInfo | undefined,
    next: Transport["onmessage"],
    text?: string,
  ) => void;
  readonly closed?: () => void;
}

/** A transport with its two directions rewritten, and the rest left as it is. */
export function decorated(inner: TextTransport, { send, receive, closed }: Decoration): Transport {
  const outer: Transport = {
    start: () => inner.start(),
    send,
    close: () => inner.close(),
    setProtocolVersion: (version) => inner.setProtocolVersion?.(version),
    // Absent where there is no session, which the type of an accessor cannot say.
    get sessionId() {
      return inner.sessionId as string;
    },
  };
  inner.onmessage = (message, extra, text) => receive(message, extra, outer.onmessage, text);
  // A server's session ends by what its transport has heard of before.
  const { onclose } = inner;
  inner.onclose = () => {
    onclose?.();
    closed?.();
    outer.onclose?.();
  };
  inner.onerror = (error) => outer.onerror?.(error);
  return outer;
}
