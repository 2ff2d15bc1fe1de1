import { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { isTroupeError, TroupeError } from "../core/errors.ts";
import { unreadable } from "./files.ts";

export type Bytes = AsyncIterable<Uint8Array>;

/** A stream's bytes as they come, unpacked, until it breaks off. */
export interface Unpacked {
  /** The first of them. */
  readonly head: Uint8Array;
  readonly bytes: Bytes;
  /** Why the bytes ended before they should have; known when all have come. */
  readonly cut: () => string | undefined;
}

/**
 * What is packed with gzip, or with zstd where Node can, unpacked; told by its bytes. What breaks off gives what came
 * before.
 *
 * @throws TroupeError `FILE_UNREADABLE`, here or while it is read.
 */
export async function unpacked(stream: Bytes, file: string): Promise<Unpacked> {
  const { head, bytes } = await peek(readable(stream, file));
  const { bytes: plain, cut } = unpack(head, bytes, file);
  return { ...(await peek(plain)), cut };
}

async function* readable(stream: Bytes, file: string): Bytes {
  try {
    yield* stream;
  } catch (error) {
    throw isTroupeError(error) ? error : unreadable(file, error);
  }
}

const HEAD_BYTES = 64;

/** The first bytes of a stream, and all of them. */
async function peek(stream: Bytes): Promise<{ readonly head: Uint8Array; readonly bytes: Bytes }> {
  const iterator = stream[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < HEAD_BYTES) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    length += next.value.length;
  }
  const rest = { [Symbol.asyncIterator]: () => iterator };
  return { head: Buffer.concat(first).subarray(0, HEAD_BYTES), bytes: chained(first, rest) };
}

async function* chained(first: readonly Uint8Array[], rest: Bytes): Bytes {
  yield* first;
  yield* rest;
}

const CHUNK_BYTES = 65_536;

interface Packing {
  readonly name: string;
  readonly magic: readonly number[];
  /** Absent where Node cannot. */
  readonly unpack?: () => Transform;
  readonly mend: string;
}

const PACKINGS: readonly Packing[] = [
  { name: "gzip", magic: [0x1f, 0x8b], unpack: () => zlib.createGunzip({ chunkSize: CHUNK_BYTES }), mend: "" },
  {
    name: "zstd",
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    ...zstd(),
    mend: "Use Node 22.15 or newer, or unpack it first: zstd -d FILE.",
  },
  { name: "zip", magic: [0x50, 0x4b, 0x03, 0x04], mend: "Unpack it first: unzip FILE." },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68], mend: "Unpack it first: bunzip2 FILE." },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58], mend: "Unpack it first: unxz FILE." },
];

/** Node has zstd from 22.15 on. */
function zstd(): Pick<Packing, "unpack"> {
  const create: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (typeof create !== "function") return {};
  return {
    unpack: () => {
      const stream: unknown = Reflect.apply(create, undefined, []);
      if (stream instanceof Transform) return stream;
      throw new TypeError("createZstdDecompress gives no stream");
    },
  };
}

function unpack(head: Uint8Array, bytes: Bytes, file: string): Omit<Unpacked, "head"> {
  const packing = PACKINGS.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
  if (packing === undefined) return { bytes, cut: () => undefined };
  if (packing.unpack === undefined) {
    const what = `the file is packed with ${packing.name}, which cannot be unpacked here`;
    throw new TroupeError("FILE_UNREADABLE", { where: file, what, mend: packing.mend });
  }
  const stream = packing.unpack();
  const ready: Uint8Array[] = [];
  let cut: string | undefined;
  stream.on("data", (chunk: Uint8Array) => ready.push(chunk));
  stream.on("error", (error) => {
    cut ??= error.message;
  });
  return { bytes: pieces(), cut: () => cut };

  // By hand and not by a pipe: a stream that fails forgets what it had ready.
  async function* pieces(): Bytes {
    for await (const chunk of bytes) {
      await new Promise<void>((resolve) => {
        // A stream that fails is closed, and does not call back.
        stream.once("close", resolve);
        stream.write(chunk, () => {
          stream.off("close", resolve);
          resolve();
        });
      });
      yield* ready.splice(0);
      if (cut !== undefined) return;
    }
    await new Promise<void>((resolve) => {
      stream.once("close", resolve);
      stream.end();
    });
    yield* ready.splice(0);
  }
}
