import type { JsonObject } from "../../projections/json-patch.js";
import type { StoredRecord } from "../../projections/session-record.js";
import { InvalidEventError, UsageError } from "../errors.js";
import { canonicalText } from "../log/canonical.js";
import { assertNoSecrets } from "./secrets.js";
import { assertSessionId } from "./session-id.js";

/**
 * A private JSON copy of what a caller hands in, fit to be written. Members that are undefined are absent.
 *
 * @throws UsageError SESSION_RECORD_INVALID, SESSION_ID_INVALID; RefusedError SECRET_REFUSED
 * @throws InvalidEventError for what JSON cannot carry
 */
export function storedRecord(record: object): StoredRecord {
  const copy = jsonCopy(record);
  assertSessionId(copy.session);
  assertNoSecrets(copy);
  return copy as StoredRecord;
}

/** A text, spread, would become members 0, 1, 2. @throws UsageError SESSION_RECORD_INVALID */
export function assertRecord<R>(record: R): R & object {
  if (typeof record === "object" && record !== null && !Array.isArray(record)) return record;
  throw new UsageError("SESSION_RECORD_INVALID", "a session record is an object", {
    hint: 'at least {"session": "<id>"}',
  });
}

/** @throws UsageError SESSION_RECORD_INVALID, InvalidEventError */
export function jsonCopy(record: unknown): JsonObject {
  assertRecord(record);
  try {
    // Checked as deep as it can come to stand in an event, so that a record that is taken here can also be changed.
    const [{ value }] = JSON.parse(canonicalText({ patch: [{ value: record }] })).patch as [{ value: JsonObject }];
    return value;
  } catch (error) {
    throw error instanceof InvalidEventError ? inRecord(error) : error;
  }
}

const IN_PATCH = "/patch/0/value";

/** Who hands in a record knows of no patch. */
function inRecord(fault: InvalidEventError): InvalidEventError {
  const { code, hint, path } = fault;
  const message = fault.message.replace(` (at ${path})`, "");
  return new InvalidEventError(code, message, path.slice(IN_PATCH.length), {
    ...(hint === undefined ? {} : { hint }),
    cause: fault,
  });
}
