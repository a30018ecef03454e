import { type SessionDocument, sessionStream } from "../../projections/sessions.js";
import { ConflictError } from "../errors.js";
import { assertCount } from "../log/assert-limits.js";
import type { SessionStore } from "../session/session-store.js";

/**
 * The session that is to be acted on, before git is asked for anything: an act on another version than expected pushes
 * and removes nothing.
 *
 * @throws NotFoundError SESSION_NOT_FOUND, RuleError SESSION_DELETED, ConflictError
 */
export async function presentSession(
  store: SessionStore,
  id: string,
  expectedVersion: number | undefined,
): Promise<SessionDocument> {
  const document = await store.get(id);
  if (expectedVersion !== undefined) assertCount("expectedVersion", expectedVersion, 0);
  if (expectedVersion === undefined || expectedVersion === document.version) return document;
  throw new ConflictError(sessionStream(id), expectedVersion, document.version);
}
