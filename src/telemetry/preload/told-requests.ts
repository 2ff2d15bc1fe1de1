import { freshId } from "../../wire/fresh-id.ts";
import { MESSAGE_HEADER } from "../../wire/asker.ts";
import { carrierIn } from "../../wire/http-exchange.ts";
import { LOOPBACK_NAMES } from "../../wire/loopback.ts";
import { isTelling, tell } from "./told.ts";

/**
 * Has each request that leaves through the global `fetch` for this machine, where a run's mocks are, be told as it leaves,
 * and with which status it was answered.
 *
 * Of its headers only the carrier is told, and of its address no query: both may hold keys. A request whose body is neither
 * absent nor a text is not told: it could only be read by taking it from who sends it.
 */
export function tellRequests(service: string): void {
  if (!isTelling()) return;
  const inner = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const request = leaving(input, init);
    if (request === undefined) return inner(input, init);
    const { headers, ...told } = request;
    const number = freshId();
    tell({ number, from: service, ...told, carrier: carrierIn(headers) });
    headers.set(MESSAGE_HEADER, `${encodeURIComponent(service)}#${number}`);
    const answered = inner(input, { ...init, headers });
    answered.then(
      ({ status }) => tell({ number, status }),
      // It is its caller's to handle.
      () => {},
    );
    return answered;
  };
}

interface Leaving {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly text: string;
}

/** `undefined` for what is not told, and for what `fetch` itself is going to refuse. */
function leaving(input: string | URL | Request, init: RequestInit | undefined): Leaving | undefined {
  const request = input instanceof Request ? input : undefined;
  const address = input instanceof Request ? input.url : input.toString();
  const text = init?.body ?? request?.body ?? "";
  if (typeof text !== "string" || !URL.canParse(address)) return undefined;
  const { hostname, origin, pathname } = new URL(address);
  if (!LOOPBACK_NAMES.includes(hostname)) return undefined;
  const headers = new Headers(init?.headers ?? request?.headers);
  return { url: origin + pathname, method: init?.method ?? request?.method ?? "GET", headers, text };
}
