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
  return decodeURIComponent(userAgent.slice(PRODUCT.length));
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
  const [from = "", agent = ""] = told.split("/").map(decodeURIComponent);
  return { from, ...(agent === "" ? {} : { agent }) };
}
