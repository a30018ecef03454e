import { MAX_DEPTH } from "../log/canonical.js";

/** A decoded value. Whole numbers beyond 2^53 come as bigints. */
export type Packed = null | boolean | number | bigint | string | Uint8Array | Packed[] | Map<string, Packed>;

/** The bytes are not what a reader of this part of MessagePack expects. `at` is the byte, from 0. */
export class PackFault extends Error {
  constructor(what: string, at: number) {
    super(`${what} (at byte ${at})`);
  }
}

/**
 * Decodes one MessagePack value that fills `bytes`: the part of the format that JSON values, bytes and arrays need. No
 * extension types, and keys of maps are texts.
 *
 * Not by @msgpack/msgpack, the encoder of the tests: 900 KB of nested lists that say they are long end the process there
 * (measured; arrays are allocated as long as they say), a text that is no UTF-8 becomes another text, and of a key that
 * stands twice the first value is lost, both in silence.
 *
 * ```
 * 00–7f fixint   80–8f fixmap   90–9f fixarray  a0–bf fixstr   c0 nil   c2 false  c3 true   c4–c6 bin 8/16/32
 * ca f32         cb f64         cc–cf uint 8–64 d0–d3 int 8–64 d9–db str 8/16/32  dc dd array 16/32  de df map 16/32
 * e0–ff negative fixint
 * ```
 *
 * @throws PackFault
 */
export function unpack(bytes: Uint8Array): Packed {
  const reader = new PackReader(bytes);
  const value = reader.value(0);
  reader.assertAtEnd();
  return value;
}

class PackReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  assertAtEnd(): void {
    if (this.#at < this.#bytes.length) throw new PackFault("something follows the value", this.#at);
  }

  value(depth: number): Packed {
    if (depth > MAX_DEPTH) throw new PackFault(`nested deeper than ${MAX_DEPTH} levels`, this.#at);
    const form = this.#unsigned(1);
    if (form <= 0x7f) return form;
    if (form <= 0x8f) return this.#map(form & 0x0f, depth);
    if (form <= 0x9f) return this.#array(form & 0x0f, depth);
    if (form <= 0xbf) return this.#text(form & 0x1f);
    if (form >= 0xe0) return form - 0x100;
    return this.#long(form, depth);
  }

  #long(form: number, depth: number): Packed {
    switch (form) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return form === 0xc3;
      case 0xca:
        return this.#view.getFloat32(this.#take(4));
      case 0xcb:
        return this.#view.getFloat64(this.#take(8));
      default:
    }
    if (form >= 0xc4 && form <= 0xc6) return this.#bin(this.#unsigned(1 << (form - 0xc4)));
    if (form >= 0xcc && form <= 0xce) return this.#unsigned(1 << (form - 0xcc));
    if (form === 0xcf) return exact(this.#view.getBigUint64(this.#take(8)));
    if (form >= 0xd0 && form <= 0xd3) return this.#signed(1 << (form - 0xd0));
    if (form >= 0xd9 && form <= 0xdb) return this.#text(this.#unsigned(1 << (form - 0xd9)));
    if (form === 0xdc || form === 0xdd) return this.#array(this.#unsigned(form === 0xdc ? 2 : 4), depth);
    if (form === 0xde || form === 0xdf) return this.#map(this.#unsigned(form === 0xde ? 2 : 4), depth);
    throw new PackFault(`the form 0x${form.toString(16)} is not expected here`, this.#at - 1);
  }

  /** Lengths are not believed: what is not there is missed at once, before memory is taken for it. */
  #array(length: number, depth: number): Packed[] {
    const values: Packed[] = [];
    for (let i = 0; i < length; i++) values.push(this.value(depth + 1));
    return values;
  }

  #map(size: number, depth: number): Map<string, Packed> {
    const map = new Map<string, Packed>();
    for (let i = 0; i < size; i++) {
      const at = this.#at;
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw new PackFault("a key is no text", at);
      if (map.has(key)) throw new PackFault(`the key ${JSON.stringify(key)} stands twice`, at);
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  #text(bytes: number): string {
    const at = this.#take(bytes);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.#bytes.subarray(at, at + bytes));
    } catch {
      throw new PackFault("a text is no UTF-8", at);
    }
  }

  #bin(bytes: number): Uint8Array {
    const at = this.#take(bytes);
    return new Uint8Array(this.#bytes.subarray(at, at + bytes)); // a Buffer's own slice would be a view
  }

  #unsigned(bytes: number): number {
    const at = this.#take(bytes);
    if (bytes === 1) return this.#view.getUint8(at);
    return bytes === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #signed(bytes: number): number | bigint {
    const at = this.#take(bytes);
    if (bytes === 8) return exact(this.#view.getBigInt64(at));
    if (bytes === 1) return this.#view.getInt8(at);
    return bytes === 2 ? this.#view.getInt16(at) : this.#view.getInt32(at);
  }

  /** @returns where the bytes begin */
  #take(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#bytes.length) throw new PackFault("it is cut off", this.#bytes.length);
    this.#at += bytes;
    return at;
  }
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
