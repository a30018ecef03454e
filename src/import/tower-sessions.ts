import type { Json } from "../log/canonical.js";
import type { ForeignDatabase } from "../log/foreign-database.js";
import { type Instant, instantOf, isoOf } from "./instant.js";
import { type Packed, PackFault, unpack } from "./message-pack.js";
import type { ImportReport } from "./report.js";
import {
  type Cells,
  readWebSessions,
  WebSessionFault,
  type WebSessionFound,
  type WebSessionReadOptions,
  type WebSessionRecord,
} from "./web-session.js";

const LAYOUT = { tables: ["tower_sessions", "tower_sessions.session"], columns: ["id", "data", "expiry_date"] };

/**
 * Sessions of tower-sessions, in SQLite or Postgres: table `tower_sessions`, or `session` in the schema `tower_sessions`.
 *
 * ```
 * data         MessagePack: [id: 16 bytes, big-endian; map of text to JSON; expiry]
 * expiry       [year, day of year, hour, minute, second, nanosecond, offset hours, offset minutes, offset seconds]
 * id           base64url, without padding, of the same 16 bytes in reverse order: what the cookie holds
 * expiry_date  the same time again, as text or seconds since 1970
 * user_id      a column that some servers added
 * ```
 *
 * @throws as readWebSessions
 */
export function towerSessionRecords(
  database: ForeignDatabase,
  report: ImportReport,
  options: WebSessionReadOptions = {},
): AsyncGenerator<WebSessionRecord, void, undefined> {
  return readWebSessions(database, LAYOUT, report, towerRecord, options);
}

function towerRecord(cells: Cells): WebSessionFound {
  const sid = cells("id");
  if (typeof sid !== "string" || sid === "") throw new WebSessionFault("its id is no text");
  const { id, data, expiry } = decoded(cells("data"));
  const remarks = id === sid ? [] : [`inside it says that its id is ${id}; the column was taken`];
  const { expiresAt, ...told } = expiryOf(expiry, instantOf(cells("expiry_date")));
  const owner = cells("user_id") ?? data.user_id;
  const userId = typeof owner === "string" && owner !== "" ? { userId: owner } : {};
  return {
    sid,
    data,
    expiresAt,
    ...userId,
    repairs: told.repairs ?? [],
    remarks: [...remarks, ...(told.remarks ?? [])],
  };
}

interface Decoded {
  readonly id: string;
  readonly data: { readonly [member: string]: Json };
  readonly expiry: Instant | undefined;
}

function decoded(bytes: unknown): Decoded {
  if (!(bytes instanceof Uint8Array)) throw new WebSessionFault("its data are no bytes");
  const parts = unpacked(bytes);
  const [id, data, expiry] = Array.isArray(parts) ? parts : [];
  if (!(id instanceof Uint8Array) || id.length !== 16 || !(data instanceof Map)) {
    throw new WebSessionFault("its data are not [id, map, expiry]");
  }
  const text = Buffer.from(id).reverse().toString("base64url");
  return { id: text, data: jsonOf(data) as Decoded["data"], expiry: expiryInstant(expiry) };
}

function unpacked(bytes: Uint8Array): Packed {
  try {
    return unpack(bytes);
  } catch (error) {
    if (error instanceof PackFault) throw new WebSessionFault(`its data are no MessagePack: ${error.message}`);
    throw error;
  }
}

function jsonOf(value: Packed): Json {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, one]) => [key, jsonOf(one)]));
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(jsonOf);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

const EXPIRY_PARTS = 9;

function expiryInstant(expiry: Packed | undefined): Instant | undefined {
  if (!Array.isArray(expiry) || expiry.length !== EXPIRY_PARTS) return undefined;
  if (!expiry.every((part): part is number => typeof part === "number")) return undefined;
  const [year, day, hour, minute, second, nanoseconds, ...offset] = expiry as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, 0, day); // not Date.UTC, which takes the year 99 for 1999
  date.setUTCHours(hour, minute, second);
  const [hours = 0, minutes = 0, seconds = 0] = offset as number[];
  const utc = date.getTime() / 1000 - hours * 3600 - minutes * 60 - seconds;
  return Number.isSafeInteger(utc) && nanoseconds >= 0 && nanoseconds < 1e9 ? { seconds: utc, nanoseconds } : undefined;
}

/** What the server compares is the column; to the nanosecond it stands only inside. */
function expiryOf(
  inside: Instant | undefined,
  column: Instant | undefined,
): Pick<WebSessionFound, "expiresAt" | "repairs" | "remarks"> {
  const expiresAt = isoOf(inside ?? column ?? { seconds: Number.NaN, nanoseconds: 0 });
  if (expiresAt === undefined) throw new WebSessionFault("nothing says when it expires");
  if (inside === undefined) return { expiresAt, repairs: ["inside it has no time of expiry; the column was taken"] };
  if (column !== undefined && Math.abs(inside.seconds - column.seconds) <= 1) return { expiresAt };
  const other = column === undefined ? "is no time" : `says ${isoOf(column)}`;
  return { expiresAt, remarks: [`its expiry_date ${other}; inside it is ${expiresAt}, which was taken`] };
}
