/** Everything else is escaped, upper case too: no two names may be one on a file system that ignores case or accents. */
const PLAIN = /[a-z0-9#._@+=,-]/;
/** Without the `%` that says that the name goes on: file systems allow 255 bytes. */
const MAX_SEGMENT = 200;
/** Names that Windows gives to devices, also with an ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/;

/**
 * The names of the nested folders for an id: one, and more only where it is longer than 200 characters; then all but the
 * last end with `%`. Bytes outside a-z 0-9 # . _ @ + = , - are written `%2F`, so every name is plain ASCII, never `.`,
 * `..`, hidden, an option or a device of Windows, and {@link idOfFolder} reads it back. Ids that differ have names that
 * differ, also without regard to case.
 */
export function folderSegments(id: string): string[] {
  const segments: string[][] = [[]];
  let length = 0;
  for (const token of tokensOf(id)) {
    if (length + token.length > MAX_SEGMENT) {
      segments.push([]);
      length = 0;
    }
    segments.at(-1)?.push(token);
    length += token.length;
  }
  const last = segments.length - 1;
  return segments.map((tokens, i) => (i === last ? safeEnds(tokens, true) : `${safeEnds(tokens, false)}%`));
}

/** @returns undefined where these are not the names that {@link folderSegments} gives to any id */
export function idOfFolder(segments: readonly string[]): string | undefined {
  const escaped = segments.map((name, i) => (i === segments.length - 1 ? name : name.replace(/%$/, ""))).join("");
  try {
    const id = decodeURIComponent(escaped);
    const own = folderSegments(id);
    if (id === "") return undefined;
    return own.length === segments.length && own.every((name, i) => name === segments[i]) ? id : undefined;
  } catch {
    return undefined; // a lone % or bytes that are no UTF-8: not ours
  }
}

/** True for a folder that only holds the rest of longer names. */
export function goesOn(segment: string): boolean {
  return segment.endsWith("%");
}

function tokensOf(id: string): string[] {
  return Array.from(Buffer.from(id, "utf8"), (byte) => {
    const char = String.fromCharCode(byte);
    return byte < 0x80 && PLAIN.test(char) ? char : escaped(byte);
  });
}

function safeEnds(tokens: readonly string[], isLast: boolean): string {
  const safe = [...tokens];
  const [first = ""] = safe;
  if (first === "." || first === "-" || DEVICE.test(safe.join(""))) safe[0] = escaped(first.charCodeAt(0));
  if (isLast && safe.at(-1) === ".") safe[safe.length - 1] = escaped(0x2e);
  return safe.join("");
}

function escaped(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
