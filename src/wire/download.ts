import { TroupeError, type Fault } from "../core/errors.ts";

/** What a download may take. */
export interface DownloadLimits {
  /** How long nothing may come, at the start or in between. Default 30,000. */
  readonly silenceMsMax?: number;
  /** How large the body may be, unpacked. Default 500,000,000. */
  readonly bytesMax?: number;
}

const DEFAULTS = { silenceMsMax: 30_000, bytesMax: 500_000_000 } as const;

export interface Download {
  readonly status: number;
  /** Whether a web page came, which no store's API gives. */
  readonly isWebPage: boolean;
  /** Can be read once. @throws TroupeError `URL_UNREADABLE` */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Asks for a URL. Redirects are followed, without the keys where they lead to another host.
 *
 * @throws TroupeError `URL_UNREADABLE` with the URL and the reason: no such host, refused, silent for too long, too large.
 */
export async function download(
  url: URL,
  headers: Readonly<Record<string, string>>,
  limits: DownloadLimits = {},
): Promise<Download> {
  const { silenceMsMax, bytesMax } = { ...DEFAULTS, ...limits };
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silenceMsMax);
  const failed = (error: unknown): TroupeError => {
    clearTimeout(timer);
    const reason = silence.signal.aborted
      ? { what: `nothing came for ${silenceMsMax / 1000} s`, mend: "Ask again later, or save the trace to a file." }
      : reasonOf(error);
    return urlError(url, reason, error);
  };
  try {
    const answer = await fetch(url, { headers: { accept: "application/json", ...headers }, signal: silence.signal });
    const isWebPage = answer.headers.get("content-type")?.startsWith("text/html") === true;
    return { status: answer.status, isWebPage, bytes: limited(answer.body) };
  } catch (error) {
    throw failed(error);
  }

  async function* limited(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of body ?? []) {
        timer.refresh();
        bytes += chunk.length;
        if (bytes > bytesMax) throw tooLarge(url, bytesMax);
        yield chunk;
      }
    } catch (error) {
      throw error instanceof TroupeError ? error : failed(error);
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
  }
}

export function urlError(url: URL, reason: Pick<Fault, "what" | "mend">, cause?: unknown): TroupeError {
  return new TroupeError("URL_UNREADABLE", { where: url.href, ...reason }, { cause });
}

function tooLarge(url: URL, bytesMax: number): TroupeError {
  const what = `the answer is larger than ${bytesMax / 1e6} MB`;
  return urlError(url, { what, mend: "Save the trace to a file, one document a line, and name that." });
}

function reasonOf(error: unknown): Pick<Fault, "what" | "mend"> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  switch (code) {
    case "ECONNREFUSED":
      return { what: `nothing listens there (${code})`, mend: "Start it, or check the host and the port." };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { what: `there is no such host (${code})`, mend: "Check the address." };
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
      return { what: `the answer broke off (${code})`, mend: "Ask again." };
    default: {
      const message = cause instanceof Error ? cause.message : String(cause);
      return { what: `it cannot be reached (${code === "" ? message : code})`, mend: "Check the address." };
    }
  }
}
