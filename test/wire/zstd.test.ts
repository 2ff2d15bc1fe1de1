import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import type * as sources from "../../src/wire/trace-sources.ts";
import { span } from "../trace/spans.ts";

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

afterEach(() => {
  vi.doUnmock("node:zlib");
  vi.resetModules();
});

/** The reader as it is on a Node that has this in its zlib. */
async function readerWith(createZstdDecompress: unknown): Promise<Pick<typeof sources, "readTraceSources">> {
  vi.resetModules();
  vi.doMock("node:zlib", async (original) => ({ ...(await original<object>()), createZstdDecompress }));
  return import("../../src/wire/trace-sources.ts");
}

test("zstd on a Node that cannot unpack it is refused with what can", async () => {
  const { readTraceSources } = await readerWith(undefined);
  await expect(
    readTraceSources(["-"], { input: Readable.from([Uint8Array.from([...MAGIC, 0, 0, 0, 0])]) }),
  ).rejects.toThrow(
    "the file is packed with zstd, which cannot be unpacked here. Use Node 22.15 or newer, or unpack it first: zstd -d FILE.",
  );
});

test("zstd on a Node that can unpack it is unpacked", async () => {
  const { createGunzip } = await import("node:zlib");
  // Stands in for the real one, which Node 20 does not have: it drops zstd's magic number and unpacks gzip.
  const { Transform } = await import("node:stream");
  const create = (): InstanceType<typeof Transform> => {
    const gunzip = createGunzip();
    const write = gunzip.write.bind(gunzip);
    let isFirst = true;
    return Object.assign(gunzip, {
      write: (chunk: Uint8Array, done: () => void) => {
        const rest = isFirst ? chunk.subarray(MAGIC.length) : chunk;
        isFirst = false;
        return write(rest, done);
      },
    });
  };
  const { readTraceSources } = await readerWith(create);
  const packed = gzipSync(writeOtlpJson([span("eee19b7ec3c1b174", undefined, { traceId: "a".repeat(32) })]));
  const bytes = Buffer.concat([Uint8Array.from(MAGIC), packed]);
  expect((await readTraceSources(["-"], { input: Readable.from([bytes]) })).spans).toHaveLength(1);
});
