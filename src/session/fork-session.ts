import type { StoredRecord } from "../../projections/session-record.js";
import { NotFoundError } from "../errors.js";
import type { ChangeResult, SessionStore } from "./session-store.js";

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
 * @throws NotFoundError SESSION_NOT_FOUND where there was no such session then; RuleError SESSION_EXISTS, SESSION_DELETED
 */
export async function forkSession(
  store: SessionStore,
  id: string,
  { at, as, ...options }: ForkOptions,
): Promise<ChangeResult> {
  return store.create(await forkedRecord(store, id, at, as), { ...options, source: `fork:${id}@${at}` });
}

/** The record that a fork begins with. @throws NotFoundError SESSION_NOT_FOUND */
export async function forkedRecord(store: SessionStore, id: string, at: number, as: string): Promise<StoredRecord> {
  const document = await store.load(id, { asOf: at });
  if (document !== null) return { ...document.record, session: as };
  throw new NotFoundError("SESSION_NOT_FOUND", `there was no session ${JSON.stringify(id)} at offset ${at}`, {
    hint: `run: sessiondb session log ${id}`,
  });
}
