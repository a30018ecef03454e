import { webEventOf } from "../../projections/web-session-events.js";
import type { WebSessionDocument } from "../../projections/web-sessions.js";
import { IntegrityError } from "../errors.js";
import { assertUser, documentPages } from "../inspect/web-sessions.js";
import { sha256Hex } from "../log/hash-chain.js";
import type { Query } from "../query/query.js";
import { assertStore } from "./assert-store.js";
import type { WebSessionStore } from "./web-session-store.js";

/** Sessions that are ended at once: they share the log's next writes. */
const AT_ONCE = 100;
/** Who signs in again and again while they are signed out everywhere is signed out so many times. */
const MAX_ROUNDS = 10;
/** Keys of one act of the key store. */
const KEYS_AT_ONCE = 500;

/**
 * Ends every session of a user, those too that begin meanwhile.
 *
 * @returns how many it has ended
 * @throws TypeError a user that is no text; IntegrityError WEB_EVENT_UNREADABLE of one, when all others have ended
 */
export async function destroySessionsOfUser(store: WebSessionStore, user: string, reason?: string): Promise<number> {
  assertStore(store);
  assertUser(user);
  return destroyWhere(store, { user }, reason);
}

/** Ends all sessions. @returns how many it has ended. @throws IntegrityError as {@link destroySessionsOfUser} */
export async function destroyAllSessions(store: WebSessionStore, reason?: string): Promise<number> {
  assertStore(store);
  return destroyWhere(store, {}, reason);
}

/**
 * Marks the sessions that have expired and destroys their keys; also the keys of sessions that others have ended and did
 * not get to.
 *
 * @returns how many it has marked
 * @throws IntegrityError WEB_EVENT_UNREADABLE of one, when all others are marked
 */
export async function expireSessions(store: WebSessionStore): Promise<number> {
  assertStore(store);
  const now = store.rules.now().toISOString();
  const { count, fault } = await endWhere(store, { expiresAt: { lte: now } }, (one) => store.expireListed(one));
  await destroyKeysOfEnded(store);
  if (fault !== undefined) throw fault;
  return count;
}

/** What a walk over sessions has come to. */
interface Ended {
  readonly count: number;
  /** Of the first session that could not be ended; the walk went on behind it. */
  readonly fault: IntegrityError | undefined;
}

async function destroyWhere(
  store: WebSessionStore,
  where: NonNullable<Query["where"]>,
  reason?: string,
): Promise<number> {
  let total = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { count, fault } = await endWhere(store, where, (document) => store.destroyListed(document, reason));
    total += count;
    if (count > 0) continue;
    if (fault !== undefined) throw fault;
    break;
  }
  return total;
}

/** A session that cannot be read must keep nobody else signed in. Whatever else fails ends the walk, once no other act is under way. */
async function endWhere(
  store: WebSessionStore,
  where: NonNullable<Query["where"]>,
  end: (document: WebSessionDocument) => Promise<boolean>,
): Promise<Ended> {
  let count = 0;
  let fault: IntegrityError | undefined;
  for await (const { documents } of documentPages(store.log, where)) {
    for (let i = 0; i < documents.length; i += AT_ONCE) {
      for (const ended of await Promise.allSettled(documents.slice(i, i + AT_ONCE).map(end))) {
        if (ended.status === "fulfilled") count += ended.value ? 1 : 0;
        else if (ended.reason instanceof IntegrityError) fault ??= ended.reason;
        else throw ended.reason;
      }
    }
  }
  return { count, fault };
}

/**
 * Whoever ends a session destroys its key after the event, and may be stopped in between. This goes through the events
 * since it did so last. How far it got is kept for each key store beside the log; where that is lost, it begins anew.
 */
async function destroyKeysOfEnded({ log, keys }: WebSessionStore): Promise<void> {
  const name = `web-sessions/swept-${sha256Hex(keys.url).slice(0, 16)}`;
  const { offset: tail } = await log.tail();
  const swept = Number((await log.sidecar.read(name)) ?? 0);
  const from = swept <= tail ? swept + 1 : 1;
  if (from > tail) return;
  let dead: string[] = [];
  for await (const page of log.readAll({ from, to: tail })) {
    for (const { type, data, schema } of page) {
      const event = webEventOf(type, data, schema);
      if (event?.type === "web.destroyed" || event?.type === "web.expired") dead.push(event.key);
    }
    if (dead.length < KEYS_AT_ONCE) continue;
    await keys.destroy(dead);
    dead = [];
  }
  await keys.destroy(dead);
  await log.sidecar.write(name, String(tail));
}
