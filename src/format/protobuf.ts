/** One field of a protobuf message as it stands on the wire. */
export type WireField =
  | { readonly number: number; readonly type: "varint" | "fixed64" | "fixed32"; readonly value: bigint }
  | { readonly number: number; readonly type: "bytes"; readonly bytes: Uint8Array };

/** What a protobuf message cannot be. */
export class NotProtobuf extends Error {}

/**
 * The fields of a protobuf message, in their order, whatever they mean. Groups, which proto3 has no more, are skipped.
 *
 * @throws NotProtobuf where the bytes break off, or are none.
 */
export function wireFields(bytes: Uint8Array): readonly WireField[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: WireField[] = [];
  let at = 0;
  let groups = 0;
  while (at < bytes.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    if (number === 0 || number > 0x1fff_ffff) throw new NotProtobuf(`there is no field ${number}`);
    const field = fieldOf(number, Number(tag & 7n));
    if (field !== undefined && groups === 0) fields.push(field);
  }
  if (groups > 0) throw new NotProtobuf("a group does not end");
  return fields;

  function fieldOf(number: number, wireType: number): WireField | undefined {
    switch (wireType) {
      case 0:
        return { number, type: "varint", value: varint() };
      case 1:
        return { number, type: "fixed64", value: view.getBigUint64(taken(8), true) };
      case 2: {
        const length = varint();
        if (length > BigInt(bytes.length)) throw new NotProtobuf("a field is longer than the message");
        const start = taken(Number(length));
        return { number, type: "bytes", bytes: bytes.subarray(start, start + Number(length)) };
      }
      case 3:
        groups++;
        return undefined;
      case 4:
        if (groups-- === 0) throw new NotProtobuf("a group ends that has not begun");
        return undefined;
      case 5:
        return { number, type: "fixed32", value: BigInt(view.getUint32(taken(4), true)) };
      default:
        throw new NotProtobuf(`there is no wire type ${wireType}`);
    }
  }

  /** The place of the next `length` bytes, which are then behind. */
  function taken(length: number): number {
    const start = at;
    if (start + length > bytes.length) throw new NotProtobuf("the message breaks off");
    at += length;
    return start;
  }

  function varint(): bigint {
    let value = 0;
    // Six groups of seven bits fit a number exactly; only longer ones need a bigint.
    for (let shift = 0; shift < 42; shift += 7) {
      const byte = view.getUint8(taken(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return BigInt(value);
    }
    let wide = BigInt(value);
    for (let shift = 42n; shift < 70n; shift += 7n) {
      const byte = view.getUint8(taken(1));
      wide |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, wide);
    }
    throw new NotProtobuf("a number is longer than 64 bits");
  }
}

/** The last field of that number as a number of the wire; 0 where there is none, as proto3 says. */
export function numberAt(fields: readonly WireField[], number: number): bigint {
  const field = fields.findLast((each) => each.number === number);
  return field !== undefined && field.type !== "bytes" ? field.value : 0n;
}

/** The bytes of every field of that number. */
export function allBytesAt(fields: readonly WireField[], number: number): readonly Uint8Array[] {
  return fields.flatMap((field) => (field.number === number && field.type === "bytes" ? [field.bytes] : []));
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The last field of that number as text; "" where there is none. Bytes that are no UTF-8 become U+FFFD. */
export function textAt(fields: readonly WireField[], number: number): string {
  return UTF8.decode(allBytesAt(fields, number).at(-1) ?? new Uint8Array());
}
