import type { StoredRecord } from "../../projections/session-record.js";
import { sessionStream, sessions } from "../../projections/sessions.js";
import { assertOffsetIn } from "../replay/assert-offset-in.js";
import { foldStream } from "../replay/fold-stream.js";
import { sessionNotFound } from "../replay/session-not-found.js";
import { assertStore } from "./assert-store.js";
import { decideCreate } from "./decide-create.js";
import type { ChangeResult, SessionStore } from "./session-store.js";
import { storedRecord } from "./stored-record.js";

export interface ForkOptions {
  /** The state after this offset (inclusive) is taken. */
  readonly at: number;
  /** The id of the new session. */
  readonly as: string;
  readonly reason?: string;
  readonly actor?: string;
}

/**
 * A new session that begins with the record that another one had at some point; only the id differs. Its first event
 * names its origin in meta.source: `fork:<id>@<offset>`.
 *
 * @throws NotFoundError SESSION_NOT_FOUND where there was no such session then, POINT_OUTSIDE where the log has no such
 *   offset; RuleError SESSION_EXISTS, SESSION_DELETED; UsageError SESSION_ID_INVALID, ARGUMENT_INVALID
 */
export async function forkSession(
  store: SessionStore,
  id: string,
  { at, as, ...options }: ForkOptions,
): Promise<ChangeResult> {
  assertStore(store);
  return store.create(await forkedRecord(store, id, at, as), { ...options, source: `fork:${id}@${at}` });
}

/** What {@link forkSession} would write now. Writes nothing. @throws as it does */
export async function previewFork(store: SessionStore, id: string, { at, as }: ForkOptions): Promise<StoredRecord> {
  const record = storedRecord(await forkedRecord(store, id, at, as));
  const { document } = await foldStream(store.log, sessions, sessionStream(as));
  decideCreate(document, record, {});
  return record;
}

async function forkedRecord(store: SessionStore, id: string, at: number, as: string): Promise<StoredRecord> {
  await assertOffsetIn(store.log, at);
  const document = await store.load(id, { asOf: at });
  if (document === null) throw sessionNotFound(id, at);
  return { ...document.record, session: as };
}
