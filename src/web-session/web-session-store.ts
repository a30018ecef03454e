import type { JsonObject } from "../../projections/json-patch.js";
import type { WebEvent } from "../../projections/web-session-events.js";
import type { WebSessionDocument } from "../../projections/web-sessions.js";
import { RuleError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import type { KeyStore } from "../log/key-store.js";
import { sealText } from "./sealed-data.js";
import { expiryOf, userOf } from "./session-facts.js";
import { sessionHash, webStream } from "./session-hash.js";
import { SessionKeys } from "./session-keys.js";
import { SessionReader } from "./session-reader.js";
import { NO_STREAM, readEndableStream, readWebStream, type WebStream } from "./session-stream.js";
import { sessionText } from "./session-text.js";
import { keyOf, withSpareKey } from "./spare-key.js";
import { type Decide, StreamChanges } from "./stream-changes.js";
import { type WebSessionOptions, type WebSessionRules, webSessionRules } from "./web-session-options.js";

/** Sealed data up to here is repeated by web.touched, so that a session is still read with one look. */
const SMALL_CHARS = 4096;

/**
 * The login sessions of a web application in a log. Every answer holds what any process had written before the question; a
 * change has happened for all of them when it resolves.
 */
export class WebSessionStore {
  readonly log: EventLog;
  readonly rules: WebSessionRules;
  readonly keys: SessionKeys;
  readonly #reader: SessionReader;
  readonly #changes: StreamChanges;

  /** Both stay their owner's until `close`. */
  constructor(log: EventLog, keys: KeyStore, options: WebSessionOptions = {}) {
    this.log = log;
    this.rules = webSessionRules(options);
    this.keys = new SessionKeys(keys);
    const changes = new StreamChanges(log, this.rules.actor);
    this.#changes = changes;
    this.#reader = new SessionReader(log, this.keys, this.rules.now, (stream, seen) => changes.remember(stream, seen));
  }

  /**
   * @returns null where there is none, or none any more: destroyed, expired (swept or not)
   * @throws UsageError WEB_SESSION_ID_INVALID; IntegrityError WEB_KEY_MISSING, WEB_DATA_UNREADABLE, WEB_EVENT_UNREADABLE
   */
  async get(sid: string): Promise<JsonObject | null> {
    return this.#reader.read(webStream(sessionHash(sid)));
  }

  /** As {@link get}, by the hash that stands for the session's id. */
  async getByHash(hash: string): Promise<JsonObject | null> {
    return this.#reader.read(webStream(hash));
  }

  /**
   * Saves a session whole; of two who save at once the later one wins.
   *
   * @throws RuleError WEB_SESSION_ENDED it was destroyed meanwhile, and stays so
   * @throws InvalidEventError DATA_NOT_JSON, DATA_TOO_DEEP, WEB_SESSION_TOO_LARGE, WEB_USER_INVALID, WEB_EXPIRY_INVALID
   */
  async set(sid: string, session: unknown): Promise<void> {
    const stream = webStream(sessionHash(sid));
    const text = sessionText(session, this.rules.maxBytes);
    const json = JSON.parse(text) as JsonObject;
    const expiresAt = expiryOf(json, this.rules.now(), this.rules.ttlMs).toISOString();
    const user = userOf(json, this.rules.userPath);
    await withSpareKey(this.keys, async (spare) => {
      const decide = async (seen: WebStream): Promise<WebEvent> => {
        if (seen.ended?.type === "web.destroyed") throw endedError(stream);
        const { id, key } = (await keyOf(this.keys, seen)) ?? (await spare());
        return { type: "web.saved", expiresAt, user, key: id, sealed: sealText(text, key, stream) };
      };
      // Of an unknown one, that it is new: its version tells where that is wrong.
      const { seen, event } = await this.#changes.change(stream, this.#changes.lastSeen(stream) ?? NO_STREAM, decide);
      if (event !== undefined) this.#reader.learn(stream, event, expiresAt, text);
      return seen.state?.key;
    });
  }

  /**
   * Lets a session live as long as its cookie says now. Writes at most one event in `touchInterval`, or in half of the
   * time that the session has to live, where that is shorter; an earlier end is written at once. A session that is not
   * there stays so.
   */
  async touch(sid: string, session: unknown): Promise<void> {
    const stream = webStream(sessionHash(sid));
    const expiry = this.#expiryOfCookie(session);
    const isDue = ({ state }: WebStream) => state !== undefined && this.#isTouchDue(state.expiresAt, expiry);
    const known = this.#changes.lastSeen(stream);
    if (known !== undefined && !isDue(known)) return;
    const decide = (seen: WebStream): WebEvent | undefined => {
      const { state, version } = seen;
      if (state === undefined || !isDue(seen)) return undefined;
      const { user, key, sealed, saved = version } = state;
      const data = sealed !== undefined && sealed.length <= SMALL_CHARS ? { sealed } : { saved };
      return { type: "web.touched", expiresAt: expiry.toISOString(), user, key, ...data };
    };
    await this.#changes.change(stream, await readWebStream(this.log, stream), decide);
  }

  /** Logout. Final: nobody saves it again. Its key is destroyed, and with it its data, in all copies of the log. */
  async destroy(sid: string): Promise<void> {
    const stream = webStream(sessionHash(sid));
    await this.#end(stream, this.#changes.lastSeen(stream) ?? (await readEndableStream(this.log, stream)), destroyed);
  }

  /** As {@link destroy}, by the hash of the id. @returns false where there was none, or none any more */
  async destroyByHash(hash: string, reason?: string): Promise<boolean> {
    const stream = webStream(hash);
    return this.#end(stream, await readEndableStream(this.log, stream), destroyed, reason);
  }

  /** Destroys one that was found in a list. @returns false where somebody else was faster */
  async destroyListed(document: WebSessionDocument, reason?: string): Promise<boolean> {
    return this.#end(webStream(document.id), listed(document), destroyed, reason);
  }

  /** Marks one that was found in a list as expired, unless it was used again meanwhile. @returns whether it was */
  async expireListed(document: WebSessionDocument): Promise<boolean> {
    const now = this.rules.now().toISOString();
    return this.#end(webStream(document.id), listed(document), ({ state }) => {
      return state === undefined || state.expiresAt > now ? undefined : { type: "web.expired", key: state.key };
    });
  }

  /** Destroys the keys that were made ahead, and closes key store and log. */
  async close(): Promise<void> {
    try {
      await this.keys.close();
    } finally {
      await this.log.close();
    }
  }

  async #end(stream: string, start: WebStream, decide: Decide, reason?: string): Promise<boolean> {
    const { seen, event } = await this.#changes.change(stream, start, decide, { reason }, readEndableStream);
    this.#reader.forget(stream);
    // Also where somebody else has ended it: they may have been stopped before they got to the key.
    if (seen.ended !== undefined) await this.keys.destroy([seen.ended.key]);
    return event !== undefined;
  }

  #expiryOfCookie(session: unknown): Date {
    const { cookie } = (session ?? {}) as { cookie?: unknown };
    const json = JSON.parse(sessionText({ cookie }, this.rules.maxBytes)) as JsonObject;
    return expiryOf(json, this.rules.now(), this.rules.ttlMs);
  }

  /**
   * Where the stored end lags behind by an interval. Not by the time of the last touch: an app that lets a session live for
   * longer from now on would lose that, and used in turn at one pace both come to the same.
   */
  #isTouchDue(expiresAt: string, expiry: Date): boolean {
    const [nowMs, endMs, expiryMs] = [this.rules.now().getTime(), Date.parse(expiresAt), expiry.getTime()];
    if (endMs <= nowMs || expiryMs === endMs) return false;
    const intervalMs = Math.min(this.rules.touchIntervalMs, (expiryMs - nowMs) / 2);
    return expiryMs < endMs || expiryMs - endMs >= intervalMs;
  }
}

/** Also of one that has expired: a save could begin it anew, and after a logout none may. */
function destroyed({ state, ended, version }: WebStream): WebEvent | undefined {
  if (version === 0 || ended?.type === "web.destroyed") return undefined;
  return { type: "web.destroyed", key: state?.key ?? ended?.key ?? "" };
}

function listed({ version, expiresAt, user, key }: WebSessionDocument): WebStream {
  return { version, state: { expiresAt, user, key } };
}

function endedError(stream: string): RuleError {
  return new RuleError("WEB_SESSION_ENDED", `${stream} was destroyed, by logout or from outside, and stays so`, {
    hint: "begin a new session with an id of its own",
  });
}
