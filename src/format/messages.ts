import { TroupeError } from "../core/errors.ts";

/** Half of what one buffer may hold: pieces and the whole stand beside each other. */
const MESSAGE_BYTES_MAX = 1_000_000_000;

export const PREFIX_BYTES = 4;

/** Told of a message, and of the byte of the file at which it, or its length, begins. */
type OnMessage = (message: Uint8Array, at: number) => void;

/** Puts pieces of bytes together to messages. Keeps no more of them than the message that is under way. */
export interface MessageCutter {
  /** @throws TroupeError `TRACE_INVALID` where a message is larger than 1 GB. */
  readonly push: (bytes: Uint8Array) => void;
  /** Where the message begins that breaks off, if one does. */
  readonly end: () => number | undefined;
}

/** A file that is one message. */
export function wholeMessage(file: string, onMessage: OnMessage): MessageCutter {
  const pieces: Uint8Array[] = [];
  let length = 0;
  return {
    push: (bytes) => {
      pieces.push(bytes);
      length += bytes.length;
      if (length > MESSAGE_BYTES_MAX) throw tooLarge(file);
    },
    end: () => {
      onMessage(Buffer.concat(pieces), 0);
      return undefined;
    },
  };
}

/** Messages one after the other, each behind its length: four bytes, the highest first. */
export function framedMessages(file: string, onMessage: OnMessage): MessageCutter {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let at = 0;
  /** Of the message under way, once its length is known. */
  let wanted: number | undefined;
  const take = (size: number): Uint8Array => {
    const [only = new Uint8Array(), second] = pieces;
    const whole = second === undefined ? only : Buffer.concat(pieces);
    pieces = [whole.subarray(size)];
    length -= size;
    return whole.subarray(0, size);
  };
  return {
    push: (bytes) => {
      pieces.push(bytes);
      length += bytes.length;
      while (length >= (wanted ?? PREFIX_BYTES)) {
        if (wanted === undefined) wanted = Buffer.from(take(PREFIX_BYTES)).readUInt32BE();
        else {
          onMessage(take(wanted), at);
          at += PREFIX_BYTES + wanted;
          wanted = undefined;
        }
        if (wanted !== undefined && wanted > MESSAGE_BYTES_MAX) throw tooLarge(`${file}, byte ${at}`);
      }
    },
    end: () => (length > 0 || wanted !== undefined ? at : undefined),
  };
}

function tooLarge(where: string): TroupeError {
  const what = "it begins like OTLP in protobuf, and a message is larger than 1 GB";
  return new TroupeError("TRACE_INVALID", { where, what, mend: "Export it in smaller messages, or as JSON lines." });
}
