import { type WebSessionDocument, webSessions } from "../../projections/web-sessions.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { defined } from "../defined.js";
import { NotFoundError, UsageError } from "../errors.js";
import { assertCount } from "../log/assert-limits.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { typeName } from "../log/type-name.js";
import { MAX_LIMIT, type Query } from "../query/query.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import { resolveMoment, type WebMoment } from "./web-moment.js";
import { webSessionsAt } from "./web-past.js";

/** One login session, without its data. */
export interface WebSessionInfo {
  /** The hash of its id. */
  readonly id: string;
  /** null where nobody has signed in with it. */
  readonly user: string | null;
  /** ISO 8601 UTC, as the others. */
  readonly createdAt: string;
  /** When it was saved or touched last; a touch is written at most once an interval. */
  readonly seenAt: string;
  readonly expiresAt: string;
}

export interface WebQuestion {
  /** Only sessions of this user. */
  readonly user?: string;
  /** As it was at this point: 42, HEAD~3, a time, 2h. Default: now. */
  readonly asOf?: string;
  readonly now?: Date;
}

export interface WebListQuestion extends WebQuestion {
  /** At most so many, the oldest. Default: all. */
  readonly limit?: number;
}

const QUESTION: KnownOptions<WebQuestion> = { user: true, asOf: true, now: true };

/** The sessions that lived then, oldest first. */
export interface WebSessionList {
  readonly offset: number;
  /** ISO 8601 UTC: who had expired then is not among them. */
  readonly at: string;
  /** How many lived, also where a limit leaves some of them out. */
  readonly total: number;
  readonly sessions: readonly WebSessionInfo[];
}

/** A user who is signed in. */
export interface SignedInUser {
  readonly user: string;
  readonly sessions: number;
  /** Since when the oldest of them is there. */
  readonly since: string;
  readonly seenAt: string;
}

/** In memory where the backend has no tables: one for each log, so that it is not folded for each question. */
const MODELS = new WeakMap<EventLog, ReadModel<WebSessionDocument>>();

/** @throws UsageError POINT_INVALID; NotFoundError POINT_OUTSIDE. A time before the first event is no error: nobody was there. */
export async function listWebSessions(log: EventLog, question: WebListQuestion = {}): Promise<WebSessionList> {
  assertLog(log);
  assertOptions("a list of web sessions", question, { ...QUESTION, limit: true });
  const { limit = Number.POSITIVE_INFINITY } = question;
  if (limit !== Number.POSITIVE_INFINITY) assertCount("limit", limit, 0);
  const sessions: WebSessionInfo[] = [];
  const moment = await resolveMoment(log, question);
  let [offset, total] = [moment.offset, 0];
  for await (const page of webSessionPages(log, question, moment)) {
    offset = page.offset;
    total = page.total ?? total;
    for (const { id, user, createdAt, seenAt, expiresAt } of page.documents.slice(0, limit - sessions.length)) {
      sessions.push({ id, user, createdAt, seenAt, expiresAt });
    }
    if (sessions.length >= limit) break;
  }
  return { offset, at: moment.at.toISOString(), total: Math.max(total, sessions.length), sessions };
}

/** How many sessions live. As {@link listWebSessions}. */
export async function countWebSessions(
  log: EventLog,
  question: WebQuestion = {},
): Promise<{ offset: number; at: string; count: number }> {
  assertLog(log);
  assertOptions("a count of web sessions", question, QUESTION);
  if (question.user !== undefined) assertUser(question.user);
  const moment = await resolveMoment(log, question);
  const at = moment.at.toISOString();
  if (question.asOf !== undefined) {
    const { sessions } = await listWebSessions(log, question);
    return { offset: moment.offset, at, count: sessions.length };
  }
  const { offset, total = 0 } = await modelOf(log).query({ where: whereOf(question, at), limit: 1, total: true });
  return { offset, at, count: total };
}

/** Who was signed in, by name. As {@link listWebSessions}. */
export async function signedInUsers(
  log: EventLog,
  question: WebQuestion = {},
): Promise<{ offset: number; at: string; users: readonly SignedInUser[] }> {
  assertLog(log);
  const { offset, at, sessions } = await listWebSessions(log, question);
  const users = new Map<string, SignedInUser>();
  for (const { user, createdAt, seenAt } of sessions) {
    if (user === null) continue;
    const before = users.get(user) ?? { user, sessions: 0, since: createdAt, seenAt };
    const since = createdAt < before.since ? createdAt : before.since;
    users.set(user, {
      user,
      sessions: before.sessions + 1,
      since,
      seenAt: seenAt > before.seenAt ? seenAt : before.seenAt,
    });
  }
  return { offset, at, users: [...users.values()].sort((a, b) => (a.user < b.user ? -1 : 1)) };
}

/**
 * The session whose id hashes to this, or to something that begins so (8 hex digits at least), expired or not.
 *
 * @throws UsageError WEB_SESSION_ID_INVALID no such beginning, or several sessions have it; NotFoundError
 *   WEB_SESSION_NOT_FOUND
 */
export async function findWebSession(log: EventLog, hash: string): Promise<WebSessionDocument> {
  assertLog(log);
  if (!/^[0-9a-f]{8,64}$/.test(hash)) throw noHash(`${JSON.stringify(hash)} is no hash of a session's id`);
  const { documents } = await modelOf(log).query({ where: { id: { startsWith: hash } }, limit: 2 });
  const [found, another] = documents;
  if (another !== undefined) throw noHash(`several sessions begin with ${hash}`);
  if (found !== undefined) return found;
  throw new NotFoundError("WEB_SESSION_NOT_FOUND", `no session ${hash}: it may have ended`, {
    hint: "run: sessiondb web list",
  });
}

function noHash(message: string): UsageError {
  return new UsageError("WEB_SESSION_ID_INVALID", message, {
    hint: "give 8 or more of the hex digits that sessiondb web list --json prints",
  });
}

/** Some sessions, and the offset at which it was true. The first page says how many there are. */
interface WebSessionPage {
  readonly offset: number;
  readonly total?: number | undefined;
  readonly documents: readonly WebSessionDocument[];
}

/** The documents of sessions that live at a moment; each page with the offset at which it was true. */
export async function* webSessionPages(
  log: EventLog,
  { user, asOf }: WebQuestion,
  { offset, at }: WebMoment,
): AsyncGenerator<WebSessionPage, void, undefined> {
  const question = user === undefined ? {} : { user };
  if (user !== undefined) assertUser(user);
  if (asOf === undefined) return yield* documentPages(log, whereOf(question, at.toISOString()));
  const living = (await webSessionsAt(log, offset)).filter((document) => {
    return document.expiresAt > at.toISOString() && (user === undefined || document.user === user);
  });
  yield { offset, total: living.length, documents: living };
}

/** Every document that fits, oldest first, whether it has expired or not. */
export async function* documentPages(
  log: EventLog,
  where: NonNullable<Query["where"]>,
): AsyncGenerator<WebSessionPage, void, undefined> {
  let cursor: string | null = null;
  do {
    const query: Query = { where, orderBy: [{ field: "createdOffset" }], limit: MAX_LIMIT };
    const page = await modelOf(log).query(cursor === null ? { ...query, total: true } : { ...query, cursor });
    yield page;
    cursor = page.next;
  } while (cursor !== null);
}

/**
 * Nobody's name must not be taken for everybody: null would mean all who have not signed in, and `{}`, out of a request,
 * no condition at all.
 *
 * @throws TypeError
 */
export function assertUser(user: unknown): void {
  if (typeof user === "string") return;
  throw new TypeError(`a user is named by a text, not ${typeName(user)}`);
}

function whereOf({ user }: { readonly user?: string }, at: string): NonNullable<Query["where"]> {
  return { expiresAt: { gt: at }, ...defined({ user }) };
}

function modelOf(log: EventLog): ReadModel<WebSessionDocument> {
  const model = MODELS.get(log) ?? new ReadModel(log, webSessions);
  MODELS.set(log, model);
  return model;
}
