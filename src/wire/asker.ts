/** An agent that asks, as far as is known, and its service. */
export interface Asker {
  readonly from: string;
  readonly agent?: string | undefined;
}

/** Headers of HTTP by their names in lower case. */
export type PlainHeaders = Readonly<Record<string, unknown>>;

const PRODUCT = "troupe/";

/** What Troupe's own clients of a service call themselves in `User-Agent`. */
export function ownUserAgent(service: string): string {
  return `${PRODUCT}${encodeURIComponent(service)}`;
}

/** The service whose client of Troupe's own that is; `undefined` for any other client. */
export function ownServiceIn(userAgent: unknown): string | undefined {
  if (typeof userAgent !== "string" || !userAgent.startsWith(PRODUCT)) return undefined;
  return decoded(userAgent.slice(PRODUCT.length));
}

/** In it stands who asks by a client of its own out of one of Troupe's processes. */
export const ASKER_HEADER = "troupe-asker";

export function askerHeader({ from, agent = "" }: Asker): string {
  return [from, agent].map(encodeURIComponent).join("/");
}

/** Who asks, where the process that the request left has said so. */
export function toldAsker(headers: PlainHeaders): Asker | undefined {
  const told = headers[ASKER_HEADER];
  if (typeof told !== "string") return undefined;
  const [from, agent = ""] = told.split("/").map(decoded);
  return from === undefined ? undefined : { from, ...(agent === "" ? {} : { agent }) };
}

/** Which of its requests it is, as a Troupe's own client counts them. */
export const NUMBER_HEADER = "troupe-number";

/** Under this header a program with Troupe's preload says whose message a request is, and which: `{service}#{number}`. */
export const MESSAGE_HEADER = "troupe-message";

/** Who says that it makes a request, and which of its it is, where it says so. */
export interface Caller {
  readonly from: string;
  readonly number?: string;
  /** Whether it is a client of Troupe's own. */
  readonly isOwn: boolean;
}

/** Of a program that does not say so its product, as `python-httpx/0.27`. */
export function callerIn(headers: Headers): Caller {
  const told = toldCaller(headers.get(MESSAGE_HEADER));
  if (told !== undefined) return { ...told, isOwn: false };
  const product = headers.get("user-agent")?.split(" ", 1)[0] ?? "";
  const own = ownServiceIn(product);
  const number = headers.get(NUMBER_HEADER);
  return { from: own ?? product, isOwn: own !== undefined, ...(number === null ? {} : { number }) };
}

/** What {@link MESSAGE_HEADER} says; `undefined` where it says nothing that can be read. */
export function toldCaller(header: unknown): { readonly from: string; readonly number: string } | undefined {
  const [, name = "", number] = /^([^#]+)#(\w+)$/.exec(String(header)) ?? [];
  const from = decoded(name);
  return from === undefined || number === undefined ? undefined : { from, number };
}

/** A name out of a header that anybody may have written; `undefined` where it is no encoding of one. */
function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
