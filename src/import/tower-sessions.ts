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

const LAYOUT = {
  tables: ["tower_sessions", "tower_sessions.session"],
  columns: ["id", "data", "expiry_date"],
  optional: ["user_id"],
};

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
  const { id, data, expiry, repairs } = decoded(cells("data"));
  // Without the id: whoever knows one can use that session.
  const remarks = id === sid ? [] : ["inside it has another id; the column was taken"];
  const { expiresAt, ...told } = expiryOf(expiry, instantOf(cells("expiry_date")));
  const owner = cells("user_id") ?? data.user_id;
  const userId = typeof owner === "string" && owner !== "" ? { userId: owner } : {};
  return {
    sid,
    data,
    expiresAt,
    ...userId,
    repairs: [...repairs, ...(told.repairs ?? [])],
    remarks: [...remarks, ...(told.remarks ?? [])],
  };
}

interface Decoded {
  readonly id: string;
  readonly data: { readonly [member: string]: Json };
  readonly expiry: Instant | undefined;
  readonly repairs: readonly string[];
}

function decoded(bytes: unknown): Decoded {
  if (!(bytes instanceof Uint8Array)) throw new WebSessionFault("its data are no bytes");
  const parts = unpacked(bytes);
  const [id, data, expiry] = Array.isArray(parts) ? parts : [];
  if (!(id instanceof Uint8Array) || id.length !== 16 || !(data instanceof Map)) {
    throw new WebSessionFault("its data are not [id, map, expiry]");
  }
  const text = Buffer.from(id).reverse().toString("base64url");
  const repairs = new Set<string>();
  return {
    id: text,
    data: jsonOf(data, repairs) as Decoded["data"],
    expiry: expiryInstant(expiry),
    repairs: [...repairs],
  };
}

function unpacked(bytes: Uint8Array): Packed {
  try {
    return unpack(bytes);
  } catch (error) {
    if (error instanceof PackFault) throw new WebSessionFault(`its data are no MessagePack: ${error.message}`);
    throw error;
  }
}

function jsonOf(value: Packed, repairs: Set<string>): Json {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, one]) => [key, jsonOf(one, repairs)]));
  if (Array.isArray(value)) return value.map((one) => jsonOf(one, repairs));
  if (value instanceof Uint8Array) {
    repairs.add("its data held bytes; they were taken as base64");
    return { base64: Buffer.from(value).toString("base64") };
  }
  if (typeof value !== "bigint" && !(typeof value === "number" && !Number.isFinite(value))) return value;
  repairs.add("its data held numbers that JSON has not, or would round; they were taken as text");
  return String(value);
}

/** What each part can be; a Date would count on beyond that. */
const LEAST_PARTS = [-9999, 1, 0, 0, 0, 0, -25, -59, -59];
const LARGEST_PARTS = [9999, 366, 23, 59, 59, 999_999_999, 25, 59, 59];

function isExpiry(parts: readonly Packed[]): parts is number[] {
  if (parts.length !== LEAST_PARTS.length) return false;
  return parts.every((part, i) => {
    return Number.isInteger(part) && Number(part) >= Number(LEAST_PARTS[i]) && Number(part) <= Number(LARGEST_PARTS[i]);
  });
}

function expiryInstant(expiry: Packed | undefined): Instant | undefined {
  if (!Array.isArray(expiry) || !isExpiry(expiry)) return undefined;
  const [year = 0, day = 0, hour = 0, minute = 0, second = 0, nanoseconds = 0, ...offset] = expiry;
  const date = new Date(0);
  date.setUTCFullYear(year, 0, day); // not Date.UTC, which takes the year 99 for 1999
  date.setUTCHours(hour, minute, second);
  const [hours = 0, minutes = 0, seconds = 0] = offset;
  const utc = date.getTime() / 1000 - hours * 3600 - minutes * 60 - seconds;
  return { seconds: utc, nanoseconds };
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
