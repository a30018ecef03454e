import { defined } from "../defined.js";
import type { Json } from "../log/canonical.js";
import type { ForeignDatabase } from "../log/foreign-database.js";
import { jsonCell } from "./cell.js";
import { isoOf } from "./instant.js";
import { localInstantOf } from "./local-instant.js";
import type { ImportReport } from "./report.js";
import {
  type Cells,
  readWebSessions,
  WebSessionFault,
  type WebSessionFound,
  type WebSessionReadOptions,
  type WebSessionRecord,
} from "./web-session.js";

const LAYOUT = { tables: ["session", "user_sessions"], columns: ["sid", "sess", "expire"] };

/**
 * Sessions of express-session in the table of connect-pg-simple: `"session"(sid, sess json, expire timestamp(6))`. The column
 * `expire` has no zone: its store writes it in the time zone that the role, the database or the server gives to sessions.
 *
 * @throws as readWebSessions
 */
export function connectPgSimpleRecords(
  database: ForeignDatabase,
  report: ImportReport,
  options: WebSessionReadOptions = {},
): AsyncGenerator<WebSessionRecord, void, undefined> {
  const zone = knownZone(database.timeZone, report);
  return readWebSessions(database, LAYOUT, report, (cells) => pgSimpleRecord(cells, zone), options);
}

function knownZone(timeZone: string, { notes }: ImportReport): string {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone });
    return timeZone;
  } catch {
    const why = `the time zone ${timeZone} of the database is not known here; expire was read as UTC`;
    notes.push({ kind: "remark", place: "", id: undefined, why });
    return "UTC";
  }
}

function pgSimpleRecord(cells: Cells, zone: string): WebSessionFound {
  const sid = cells("sid");
  if (typeof sid !== "string" || sid === "") throw new WebSessionFault("its sid is no text");
  const sess = cells("sess");
  const { value: data, repair } = typeof sess === "string" ? jsonCell(sess) : { value: undefined, repair: undefined };
  if (!isObject(data)) throw new WebSessionFault("its sess is no JSON object");
  const instant = localInstantOf(cells("expire"), zone);
  const expiresAt = instant === undefined ? undefined : isoOf(instant);
  if (expiresAt === undefined) throw new WebSessionFault("its expire is no time");
  const userId = userIdOf(data);
  const repairs = repair === undefined ? [] : [`sess ${repair}`];
  return { sid, data, expiresAt, repairs, ...defined({ userId }) };
}

/** Where the usual libraries put it: passport, or a member of the session itself. */
function userIdOf(data: { readonly [member: string]: Json }): string | undefined {
  const { passport, userId, user_id } = data;
  const found = [isObject(passport) ? passport.user : undefined, userId, user_id].find((id) => {
    return (typeof id === "string" && id !== "") || typeof id === "number";
  });
  return found === undefined ? undefined : String(found);
}

function isObject(value: Json | undefined): value is { [member: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
