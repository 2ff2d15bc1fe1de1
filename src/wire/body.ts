import { type HttpReply, isEventStream } from "./http-exchange.ts";

/** How a body came to its end: whole, given up by who read it, or broken off by who wrote it. */
export type Ending = "whole" | "cancelled" | "broken";

/**
 * A reply whose body is heard: all of its text, once it has ended. The body of an event stream is passed on as it comes,
 * and read in the context of the caller of this function, whoever reads it further on.
 */
export async function heardReply(reply: HttpReply, hear: (text: string, ending: Ending) => void): Promise<HttpReply> {
  const { status, statusText = "", headers, body } = reply;
  const head = { status, statusText, headers };
  if (!isStream(reply)) {
    const text = await wholeText(reply);
    hear(text, "whole");
    return { ...head, body: body === null ? null : text };
  }
  const decoder = new TextDecoder();
  let text = "";
  const passed = pumped(reply.body, {
    chunk: (bytes) => void (text += decoder.decode(bytes, { stream: true })),
    end: (ending) => hear(text, ending),
  });
  return { ...head, body: passed };
}

/** Whether a reply's body comes bit by bit, and each bit counts. */
export function isStream(reply: HttpReply): reply is HttpReply & { readonly body: ReadableStream<Uint8Array> } {
  const { body, headers } = reply;
  return body !== null && typeof body !== "string" && isEventStream(headers.get("content-type"));
}

/** A body to its end. */
export async function wholeText({ body }: HttpReply): Promise<string> {
  return typeof body === "string" ? body : await new Response(body).text();
}

interface Hearing {
  readonly chunk: (bytes: Uint8Array) => void;
  readonly end: (ending: Ending) => void;
}

/**
 * Reads a body in the context of the caller, chunk after chunk, and passes it on. What a stream does when it is *pulled*
 * it does in the context of whoever reads, which may be the other side.
 */
function pumped(body: ReadableStream<Uint8Array>, { chunk, end }: Hearing): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let ending: Ending | undefined;
  const finish = (how: Ending): void => {
    if (ending === undefined) end(how);
    ending ??= how;
  };
  return new ReadableStream<Uint8Array>({
    start(controller): void {
      const pump = async (): Promise<void> => {
        try {
          for (let read = await reader.read(); !read.done; read = await reader.read()) {
            if (ending !== undefined) return;
            chunk(read.value);
            controller.enqueue(read.value);
          }
          if (ending !== undefined) return;
          finish("whole");
          controller.close();
        } catch (error) {
          if (ending !== undefined) return;
          finish("broken");
          controller.error(error);
        }
      };
      void pump();
    },
    async cancel(reason): Promise<void> {
      finish("cancelled");
      await reader.cancel(reason);
    },
  });
}
