/** MessagePack as rmp writes it: the shortest form of everything. */
export function pack(value: unknown): Buffer {
  if (value === null) return Buffer.of(0xc0);
  if (typeof value === "boolean") return Buffer.of(value ? 0xc3 : 0xc2);
  if (typeof value === "number") return packNumber(value);
  if (typeof value === "string") return packText(Buffer.from(value));
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.of(0xc4, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(0x90, 0xdc, value.length), ...value.map(pack)]);
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  return Buffer.concat([head(0x80, 0xde, entries.length), ...entries.flat().map(pack)]);
}

function head(short: number, long: number, length: number): Buffer {
  return length < 16 ? Buffer.of(short | length) : Buffer.of(long, length >> 8, length & 0xff);
}

function packText(bytes: Buffer): Buffer {
  const { length } = bytes;
  const start = length < 32 ? [0xa0 | length] : length < 256 ? [0xd9, length] : [0xda, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(start), bytes]);
}

function packNumber(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    bytes[0] = 0xcb;
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (value >= 0 && value < 0x80) return Buffer.of(value);
  if (value < 0 && value >= -32) return Buffer.of(value + 0x100);
  const forms = value < 0 ? SIGNED : UNSIGNED;
  const [form, size] = forms.find(([, , limit]) => Math.abs(value + (value < 0 ? 1 : 0)) < limit) ?? [0, 0];
  bytes[0] = form;
  if (size === 8 && value >= 0) bytes.writeBigUInt64BE(BigInt(value), 1);
  else if (size === 8) bytes.writeBigInt64BE(BigInt(value), 1);
  else if (value >= 0) bytes.writeUIntBE(value, 1, size);
  else bytes.writeIntBE(value, 1, size);
  return bytes.subarray(0, 1 + size);
}

type Form = readonly [form: number, bytes: number, limit: number];
const UNSIGNED: readonly Form[] = [
  [0xcc, 1, 2 ** 8],
  [0xcd, 2, 2 ** 16],
  [0xce, 4, 2 ** 32],
  [0xcf, 8, 2 ** 64],
];
const SIGNED: readonly Form[] = [
  [0xd0, 1, 2 ** 7],
  [0xd1, 2, 2 ** 15],
  [0xd2, 4, 2 ** 31],
  [0xd3, 8, 2 ** 63],
];
