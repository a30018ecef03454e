/** Texts of two or four bytes a character, as Windows writes them. */
export interface WideEncoding {
  readonly name: "UTF-16" | "UTF-32";
  /** As iconv calls it, which knows the order of the bytes by a mark alone. */
  readonly iconv: string;
}

const UTF_16 = "UTF-16";
const UTF_32 = "UTF-32";

/** By its mark at the start; else by the zero bytes around its first character, which no JSON has. Undefined for all else. */
export function wideEncodingOf(bytes: Uint8Array): WideEncoding | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? marked(UTF_32) : marked(UTF_16);
  if (a === 0xfe && b === 0xff) return marked(UTF_16);
  if (a === 0 && b === 0) return c === 0xfe && d === 0xff ? marked(UTF_32) : unmarked(UTF_32, "BE", c === 0 && d !== 0);
  if (a === 0) return unmarked(UTF_16, "BE", true);
  if (b === 0) return c === 0 && d === 0 ? unmarked(UTF_32, "LE", true) : unmarked(UTF_16, "LE", true);
  return undefined;
}

function marked(name: WideEncoding["name"]): WideEncoding {
  return { name, iconv: name };
}

function unmarked(name: WideEncoding["name"], order: "BE" | "LE", isIt: boolean): WideEncoding | undefined {
  return isIt ? { name, iconv: `${name}${order}` } : undefined;
}
