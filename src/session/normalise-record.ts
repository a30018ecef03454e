import { type JsonObject, withMember } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import { UsageError } from "../errors.js";
import { isTime } from "../import/instant.js";
import { meantKey } from "../import/meant-key.js";
import { ID_FIELDS } from "../import/minsky-columns.js";
import { withoutSecrets } from "./secrets.js";
import { assertSessionId } from "./session-id.js";
import { jsonCopy } from "./stored-record.js";

export interface NormalisedRecord {
  readonly record: StoredRecord;
  /** What was changed to make it fit. */
  readonly repairs: string[];
  /** What is odd about it and was kept. */
  readonly remarks: string[];
}

/**
 * A foreign record in the shape that is stored: the id in `session` (also from `sessionId` or `name`), tokens replaced
 * by references. Everything else stays as it came, oddities too.
 *
 * @throws UsageError SESSION_RECORD_INVALID, SESSION_ID_INVALID; InvalidEventError: it cannot be taken
 */
export function normaliseRecord(foreign: unknown): NormalisedRecord {
  const { record, idFrom } = withId(jsonCopy(foreign));
  const cleaned = withoutSecrets(record);
  const repairs = idFrom === "session" ? [] : [`the id was taken from ${idFrom}`];
  repairs.push(...cleaned.notes);
  return { record: cleaned.record as StoredRecord, repairs, remarks: remarksOn(cleaned.record) };
}

/** A name is only an id where there is no other: newer records have both. */
function withId(record: JsonObject): { record: JsonObject; idFrom: string } {
  const idFrom = ID_FIELDS.find((key) => isText(own(record, key))) ?? "session";
  const id = own(record, idFrom);
  if (id === undefined) throw withoutId(record);
  assertSessionId(id);
  return { record: idFrom === "session" ? record : withMember(record, "session", id), idFrom };
}

function withoutId(record: JsonObject): UsageError {
  const meant = meantKey(record, ID_FIELDS);
  const message = `it has no id${meant === undefined ? "" : `: the key ${meant}`}`;
  return new UsageError("SESSION_ID_INVALID", message, { hint: 'give it one: "session": "task#064"' });
}

function remarksOn(record: JsonObject): string[] {
  const createdAt = own(record, "createdAt") ?? own(record, "created");
  if (createdAt === undefined || createdAt === null) return ["it has no createdAt"];
  if (typeof createdAt === "string" && isTime(createdAt)) return [];
  return [`its createdAt ${JSON.stringify(createdAt)} is no time; it was kept as it is`];
}

function own(record: JsonObject, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
