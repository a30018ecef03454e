import { IntegrityError } from "../errors.js";
import { canonicalText, type Json } from "./canonical.js";
import { SealedEvent, type SealedFields } from "./event.js";

/**
 * One event as one line of JSON, format 1. The order of the keys is part of the format:
 *
 *   {"v":1,"offset":7,"commit":7,"version":2,"recordedAt":"2026-01-31T10:00:00.000Z","id":"<uuid>","stream":"session-a",
 *    "type":"session.updated","actor":"user:ada","salt":"<32 hex>","hash":"<64 hex>","meta":{…},"data":{…}}\n
 *
 * A redacted event has "dataHash":"<64 hex>" in the place of "salt" and no "data". meta and data are canonical JSON.
 */
export const LINE_FORMAT = 1;

/** @returns the line with its newline */
export function encodeLine(event: SealedFields): string {
  const head = `{"v":1,"offset":${event.offset},"commit":${event.commit},"version":${event.version},"recordedAt":"${event.recordedAt}","id":"${event.id}","stream":${JSON.stringify(event.stream)},"type":${JSON.stringify(event.type)},"actor":${JSON.stringify(event.actor)}`;
  return event.dataText === null
    ? `${head},"dataHash":"${event.dataHash}","hash":"${event.hash}","meta":${event.metaText}}\n`
    : `${head},"salt":"${event.salt}","hash":"${event.hash}","meta":${event.metaText},"data":${event.dataText}}\n`;
}

/** Bytes of the line with its newline: what the event takes in a JSONL log, and the measure of its size on every backend. */
export function lineBytes(event: SealedFields): number {
  // The line is not written for that: counting a million of them took twice as long (measured).
  const { offset, commit, version, recordedAt, id, salt, hash, dataHash, metaText, dataText } = event;
  const numbers = `${offset}${commit}${version}`.length;
  const names = nameBytes(event.stream) + nameBytes(event.type) + nameBytes(event.actor);
  const head = numbers + names + recordedAt.length + id.length + hash.length + Buffer.byteLength(metaText);
  return dataText === null
    ? head + LETTERS_WITHOUT_DATA + (dataHash ?? "").length
    : head + LETTERS + (salt ?? "").length + Buffer.byteLength(dataText);
}

const NOTHING = { offset: 0, commit: 0, version: 0, recordedAt: "", id: "", stream: "", type: "", actor: "", hash: "" };
/** Bytes of a line whose numbers have a digit each, and that has nothing else, without these three. */
const LETTERS = encodeLine({ ...NOTHING, metaText: "", dataText: "", salt: "", dataHash: null }).length - 3;
const LETTERS_WITHOUT_DATA =
  encodeLine({ ...NOTHING, metaText: "", dataText: null, salt: null, dataHash: "" }).length - 3;

/** As JSON, without its quotes. */
function nameBytes(name: string): number {
  return /^[ !#-[\]-~]*$/.test(name) ? name.length : Buffer.byteLength(JSON.stringify(name)) - 2;
}

/**
 * Fixed lengths and not their alphabets, because a class like [0-9a-f]{64} takes three times as long (measured); a wrong
 * digit is found like every other edit, by its hash.
 */
// biome-ignore format: one group a line reads better
const WRITTEN_LINE = new RegExp(
  '\\{"v":1,"offset":(\\d+),"commit":(\\d+),"version":(\\d+),"recordedAt":"([^"\\\\]{24})","id":"([^"\\\\]{36})"' +
  ',"stream":"([^"\\\\]+)","type":"([^"\\\\]+)","actor":"([^"\\\\]+)","salt":"([^"\\\\]{32})","hash":"([^"\\\\]{64})"' +
  ',"meta":(\\{[^{}]*\\}),"data":', "y");

/**
 * Reads the line in `text` from `start` (inclusive) to `end` (exclusive, without newline).
 *
 * A line as {@link encodeLine} writes it is matched by one expression and its data is not looked at before it is asked
 * for: a third of the cost of JSON.parse (measured). Every other line (escapes in names, braces in meta, redacted, not
 * written by us) takes the strict way through JSON.parse.
 *
 * @throws IntegrityError LINE_DAMAGED, LINE_FORMAT_UNKNOWN; the caller adds line and byte
 */
export function decodeLine(text: string, start = 0, end = text.length): SealedEvent {
  WRITTEN_LINE.lastIndex = start;
  const match = WRITTEN_LINE.exec(text);
  if (match === null || text.charCodeAt(end - 1) !== CLOSING_BRACE || WRITTEN_LINE.lastIndex >= end - 1) {
    return parseLine(text.slice(start, end));
  }
  const group = match as unknown as string[]; // twelve groups, none optional
  return new SealedEvent({
    offset: Number(group[1]),
    commit: Number(group[2]),
    version: Number(group[3]),
    recordedAt: group[4] as string,
    id: group[5] as string,
    stream: group[6] as string,
    type: group[7] as string,
    actor: group[8] as string,
    salt: group[9] as string,
    dataHash: null,
    hash: group[10] as string,
    metaText: group[11] as string,
    dataText: text.slice(WRITTEN_LINE.lastIndex, end - 1),
  });
}

const CLOSING_BRACE = 0x7d;

function parseLine(text: string): SealedEvent {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new IntegrityError("LINE_DAMAGED", "the line is not JSON", { cause });
  }
  const version = (parsed as { v?: unknown } | null)?.v;
  if (version !== LINE_FORMAT) {
    throw typeof version === "number"
      ? new IntegrityError("LINE_FORMAT_UNKNOWN", `the line has format ${version}; this program reads ${LINE_FORMAT}`, {
          hint: "open it with a newer sessiondb",
        })
      : new IntegrityError("LINE_DAMAGED", "the line is JSON but not an event of a session log");
  }
  return new SealedEvent(fieldsOf(parsed as Record<string, unknown>));
}

const FIELD_FORMS: Record<string, (value: unknown) => boolean> = {
  offset: isCount,
  commit: isCount,
  version: isCount,
  recordedAt: (value) => matches(value, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  id: (value) => matches(value, /^[0-9a-f-]{36}$/),
  stream: (value) => matches(value, /./u),
  type: (value) => matches(value, /./u),
  actor: (value) => matches(value, /./u),
  hash: (value) => matches(value, /^[0-9a-f]{64}$/),
  meta: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

function fieldsOf(line: Record<string, unknown>): SealedFields {
  for (const [field, isRight] of Object.entries(FIELD_FORMS)) {
    if (!isRight(line[field])) throw new IntegrityError("LINE_DAMAGED", `the line has no valid ${field}`);
  }
  const redacted = line.data === undefined;
  const right = redacted ? matches(line.dataHash, /^[0-9a-f]{64}$/) : matches(line.salt, /^[0-9a-f]{32}$/);
  if (!right) throw new IntegrityError("LINE_DAMAGED", `the line has no valid ${redacted ? "dataHash" : "salt"}`);
  return {
    // The forms were checked just above.
    ...(line as unknown as SealedFields),
    metaText: canonicalText(line.meta),
    dataText: redacted ? null : canonicalText(line.data as Json),
    salt: redacted ? null : (line.salt as string),
    dataHash: redacted ? (line.dataHash as string) : null,
  };
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function matches(value: unknown, form: RegExp): boolean {
  return typeof value === "string" && form.test(value);
}
