import session, { type SessionData } from "express-session";
import type { JsonObject } from "../../projections/json-patch.js";
import { assertOptions } from "../config/known-options.js";
import { RuleError } from "../errors.js";
import { countWebSessions, listWebSessions, type WebSessionInfo } from "../inspect/web-sessions.js";
import { Closing } from "../log/closing.js";
import { LazyResource } from "../log/lazy-resource.js";
import { typeName } from "../log/type-name.js";
import { destroyAllSessions, destroySessionsOfUser, expireSessions } from "../web-session/ending-sessions.js";
import { type OpenWebSessionsOptions, openWebSessions } from "../web-session/open-web-sessions.js";
import type { WebSessionStore } from "../web-session/web-session-store.js";
import { answer, type Callback } from "./answer.js";
import { assertLateSave, assertStoreOptions } from "./assert-options.js";
import { PruneTimer } from "./prune-timer.js";

export interface SessionStoreOptions extends OpenWebSessionsOptions {
  /** Expired sessions are swept about this often, in seconds; false: never. Default 900. */
  readonly pruneInterval?: number | false;
  /**
   * What becomes of a save that comes after the logout of its session, from a request that took longer: "drop" ends it
   * well and emits `late-save` with the error, "error" hands the error to the request. Either way nothing is saved.
   */
  readonly lateSave?: "drop" | "error";
}

/** Seconds or a point: 18:00 yesterday is a time, `2h` is ago, 42 an offset. */
interface AsOfQuestion {
  readonly asOf?: string;
}

/** @throws TypeError where another option is named: the answer would be the present */
function asOfIn(question: string, options: AsOfQuestion): string | undefined {
  assertOptions(question, options, { asOf: true });
  return options.asOf;
}

/**
 * A store for express-session and @fastify/session, in an event log. Methods take a callback or give a promise. Nothing is
 * opened before the first use, so a wrong address is an error of that use.
 *
 * Emits `late-save` (see the options) and `lost-error` for failures that nobody was told of: of calls without a callback,
 * and of the sweeping of expired sessions.
 */
export class SessionDbStore extends session.Store {
  readonly #sessions: LazyResource<WebSessionStore>;
  readonly #prune: PruneTimer;
  readonly #lateSave: "drop" | "error";
  readonly #now: () => Date;
  readonly #closing = new Closing();
  readonly #underWay = new Set<Promise<unknown>>();

  /** @throws UsageError WEB_OPTION_INVALID for what is no option of this store */
  constructor(options: SessionStoreOptions = {}) {
    super();
    assertStoreOptions(options);
    this.#lateSave = options.lateSave ?? "drop";
    this.#now = options.now ?? (() => new Date());
    this.#prune = new PruneTimer(options.pruneInterval, () =>
      // Not asked for by anybody: a long sweep does not hold up the closing.
      this.#sessions
        .get()
        .then(expireSessions)
        .catch((error: unknown) => this.emit("lost-error", error)),
    );
    this.#sessions = new LazyResource(
      "session store",
      async () => {
        this.#prune.check();
        assertLateSave(this.#lateSave);
        const opened = await openWebSessions(options);
        this.#prune.start();
        return opened;
      },
      (opened) => opened.close(),
    );
  }

  /** null where there is no such session, or none any more. */
  override get(sid: string, callback?: Callback<SessionData | null>): Promise<SessionData | null> {
    return this.#answer(async (sessions) => withCookie(await sessions.get(sid)), callback);
  }

  override set(sid: string, data: SessionData, callback?: Callback<void>): Promise<void> {
    return this.#answer((sessions) => this.#save(sessions, sid, data), callback);
  }

  /** Logout: for all servers at once, and for good. */
  override destroy(sid: string, callback?: Callback<void>): Promise<void> {
    return this.#answer((sessions) => sessions.destroy(sid), callback);
  }

  override touch(sid: string, data: SessionData, callback?: Callback<void>): Promise<void> {
    return this.#answer((sessions) => sessions.touch(sid, data), callback);
  }

  /** The data of all sessions that live, oldest first. Their ids are not known: only hashes of them are stored. */
  override all(callback?: Callback<SessionData[]>): Promise<SessionData[]> {
    return this.#answer(async (sessions) => {
      const found: SessionData[] = [];
      for (const { id } of (await listWebSessions(sessions.log, { now: this.#now() })).sessions) {
        const data = withCookie(await sessions.getByHash(id));
        if (data !== null) found.push(data);
      }
      return found;
    }, callback);
  }

  override length(callback?: Callback<number>): Promise<number> {
    return this.#answer(async ({ log }) => (await countWebSessions(log, { now: this.#now() })).count, callback);
  }

  /** Ends all sessions, as {@link clearAllSessions}. */
  override clear(callback?: Callback<void>): Promise<void> {
    return this.#answer(async (sessions) => void (await destroyAllSessions(sessions)), callback);
  }

  /** How many sessions of this user live (then). */
  async countSessionsForUser(user: string | number, options: AsOfQuestion = {}): Promise<number> {
    const asOf = asOfIn("countSessionsForUser", options);
    return this.#ask(async ({ log }) => (await countWebSessions(log, this.#question(asOf, nameOf(user)))).count);
  }

  /** The sessions of this user that live (then), oldest first: hashes of ids and times, never data. */
  async listSessionsForUser(user: string | number, options: AsOfQuestion = {}): Promise<readonly WebSessionInfo[]> {
    const asOf = asOfIn("listSessionsForUser", options);
    return this.#ask(async ({ log }) => (await listWebSessions(log, this.#question(asOf, nameOf(user)))).sessions);
  }

  /** Logs a user out everywhere. @returns how many sessions it has ended */
  clearSessionsForUser(user: string | number): Promise<number> {
    return this.#ask((sessions) => destroySessionsOfUser(sessions, nameOf(user)));
  }

  /** Logs everybody out. @returns how many sessions it has ended */
  clearAllSessions(): Promise<number> {
    return this.#ask((sessions) => destroyAllSessions(sessions));
  }

  /** Sweeps what has expired, and destroys its keys. Expired sessions are gone for `get` whether swept or not. */
  deleteExpired(): Promise<number> {
    return this.#ask((sessions) => expireSessions(sessions));
  }

  /** All sessions that live (then): hashes of ids, users and times, never data. */
  async dumpAll(options: AsOfQuestion = {}): Promise<readonly WebSessionInfo[]> {
    const asOf = asOfIn("dumpAll", options);
    return this.#ask(async ({ log }) => (await listWebSessions(log, this.#question(asOf))).sessions);
  }

  /** Waits for what is under way, then closes the store's own connections. Safe to call twice. */
  async close(): Promise<void> {
    this.#prune.stop();
    await this.#closing.once(async () => {
      await Promise.allSettled(this.#underWay);
      await this.#sessions.close();
    });
  }

  async #save(sessions: WebSessionStore, sid: string, data: SessionData): Promise<void> {
    try {
      await sessions.set(sid, data);
    } catch (error) {
      const isLate = error instanceof RuleError && error.code === "WEB_SESSION_ENDED";
      if (!isLate || this.#lateSave === "error") throw error;
      this.emit("late-save", error);
    }
  }

  #question(asOf: string | undefined, user?: string) {
    const when = asOf === undefined ? {} : { asOf };
    return { now: this.#now(), ...when, ...(user === undefined ? {} : { user }) };
  }

  async #ask<T>(act: (sessions: WebSessionStore) => Promise<T>): Promise<T> {
    this.#closing.assertOpen("session store");
    const done = this.#sessions.get().then(act);
    this.#underWay.add(done);
    try {
      return await done;
    } finally {
      this.#underWay.delete(done);
    }
  }

  #answer<T>(act: (sessions: WebSessionStore) => Promise<T>, callback: Callback<T> | undefined): Promise<T> {
    return answer(this.#ask(act), callback, (error) => this.emit("lost-error", error));
  }
}

/**
 * express-session makes no session of data without a cookie: each request that names it would fail until it expires. Such data
 * comes from programs that write a session by hand, and out of tables of other stores.
 */
function withCookie(data: JsonObject | null): SessionData | null {
  if (data === null) return null;
  const { cookie } = data;
  const hasCookie = typeof cookie === "object" && cookie !== null && !Array.isArray(cookie);
  return (hasCookie ? data : { ...data, cookie: {} }) as unknown as SessionData;
}

/** Nobody's name must not be taken for everybody: `request.user?.id` is undefined where nobody has signed in. */
function nameOf(user: unknown): string {
  if (typeof user === "string" || typeof user === "number") return String(user);
  throw new TypeError(`a user is named by a text or a number, not ${typeName(user)}`);
}

/** A store for `session({ store })`. See {@link SessionStoreOptions} and docs/web-sessions.md. */
export function sessionStore(options: SessionStoreOptions = {}): SessionDbStore {
  return new SessionDbStore(options);
}
