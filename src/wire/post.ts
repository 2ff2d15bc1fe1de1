import { type Agent, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly signal: AbortSignal;
  /** Whose sockets are used; left out, one of its own. */
  readonly agent?: Agent;
}

export interface PostReply {
  readonly status: number;
  /** "" where it is not said. */
  readonly contentType: string;
  readonly text: string;
}

const REPLY_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Posts a text to a service that may be anything, and reads what it answers.
 *
 * On Node's own client: the global `fetch` may be another's, and reads a body of any size.
 *
 * @throws Error that says why there is no answer, or that it is larger than 16 MiB.
 */
export function post({ url, headers, text, signal, agent }: PostRequest): Promise<PostReply> {
  const request = new URL(url).protocol === "https:" ? httpsRequest : httpRequest;
  const length = { "content-length": Buffer.byteLength(text) };
  const options = {
    method: "POST",
    headers: { ...headers, ...length },
    signal,
    ...(agent === undefined ? {} : { agent }),
  };
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > REPLY_BYTES_MAX) answer.destroy(new Error(`its answer is larger than ${REPLY_BYTES_MAX} bytes`));
        else chunks.push(chunk);
      });
      answer.on("error", reject);
      answer.on("end", () => {
        const { statusCode: status = 0, headers: of } = answer;
        resolve({ status, contentType: of["content-type"] ?? "", text: Buffer.concat(chunks).toString() });
      });
    });
    asked.on("error", reject).end(text);
  });
}
