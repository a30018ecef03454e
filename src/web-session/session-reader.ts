import type { JsonObject } from "../../projections/json-patch.js";
import { ArchivedError, IntegrityError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { endedBefore } from "./ended-before.js";
import { RecentMap } from "./recent-map.js";
import { unsealText } from "./sealed-data.js";
import type { SessionKeys } from "./session-keys.js";
import { sealedOf, type WebStream, webStreamAt } from "./session-stream.js";

/** Characters of sessions that were read lately. Who comes back to the same server costs no reading of data again. */
const MAX_TEXT_CHARS = 32 * 1024 * 1024;

/** Sessions that were read once: the second time, their text is kept. Most of a million are not met again so soon. */
const MAX_READ_ONCE = 50_000;

/** The text of a session, and the event that says it is so: as long as that is the newest one, it is. */
interface RecentText {
  readonly event: SealedEvent;
  readonly expiresAt: string;
  readonly text: string;
}

/** Reads sessions: one look at the newest event, and its key where this process does not have it yet. */
export class SessionReader {
  readonly #log: EventLog;
  readonly #keys: SessionKeys;
  readonly #now: () => Date;
  readonly #onSeen: (stream: string, seen: WebStream) => void;
  readonly #texts = new RecentMap<string, RecentText>(MAX_TEXT_CHARS, ({ event, text }) => {
    return (event.dataText?.length ?? 0) + text.length;
  });

  readonly #readOnce = new RecentMap<string, true>(MAX_READ_ONCE);

  /** `onSeen` is told what the log says of a stream, where that is new to this reader. */
  constructor(log: EventLog, keys: SessionKeys, now: () => Date, onSeen: (stream: string, seen: WebStream) => void) {
    this.#log = log;
    this.#keys = keys;
    this.#now = now;
    this.#onSeen = onSeen;
  }

  /** @returns null where no such session lives. @throws IntegrityError WEB_KEY_MISSING, and others of its parts */
  async read(stream: string): Promise<JsonObject | null> {
    for (const isLastLook of [false, true]) {
      const recent = this.#texts.get(stream);
      const event = await this.#newest(stream, recent?.event);
      if (event === "ended") return null;
      if (recent !== undefined && event === recent.event) return this.#living(recent.text, recent.expiresAt);
      const seen = this.#noted(stream, event);
      if (event === undefined || seen.state === undefined || this.#isOver(seen.state.expiresAt)) return null;
      const { state } = seen;
      const key = await this.#keys.get(state.key);
      if (key !== null) {
        const text = unsealText(state.sealed ?? (await sealedOf(this.#log, stream, state)), key, stream);
        if (this.#readOnce.get(stream)) this.learn(stream, event, state.expiresAt, text);
        else this.#readOnce.set(stream, true);
        return this.#living(text, state.expiresAt);
      }
      // Destroyed between the two looks, most likely; then the next one finds no session.
      if (isLastLook) throw keyMissing(stream, state.key, this.#keys.url);
    }
    return null;
  }

  /** @throws ArchivedError it may still live, and its events are in an archive that is not at hand */
  async #newest(stream: string, known: SealedEvent | undefined): Promise<SealedEvent | "ended" | undefined> {
    try {
      return await this.#log.readLast(stream, { known });
    } catch (error) {
      if (error instanceof ArchivedError && (await endedBefore(this.#log, stream, this.#now()))) return "ended";
      throw error;
    }
  }

  /** The text that a save of this process has just written. */
  learn(stream: string, event: SealedEvent, expiresAt: string, text: string): void {
    this.#texts.set(stream, { event, expiresAt, text });
  }

  forget(stream: string): void {
    this.#texts.delete(stream);
  }

  #noted(stream: string, event: SealedEvent | undefined): WebStream {
    const seen = webStreamAt(event);
    this.#onSeen(stream, seen);
    if (seen.state === undefined) this.forget(stream);
    if (seen.ended !== undefined) this.#keys.forget(seen.ended.key);
    return seen;
  }

  #living(text: string, expiresAt: string): JsonObject | null {
    return this.#isOver(expiresAt) ? null : withExpiry(JSON.parse(text) as JsonObject, expiresAt);
  }

  #isOver(expiresAt: string): boolean {
    return expiresAt <= this.#now().toISOString();
  }
}

/** A touch has moved the end since the data was saved. */
function withExpiry(session: JsonObject, expiresAt: string): JsonObject {
  const { cookie } = session as { cookie?: { expires?: unknown } };
  if (typeof cookie?.expires === "string" || typeof cookie?.expires === "number") cookie.expires = expiresAt;
  return session;
}

function keyMissing(stream: string, key: string, url: string): IntegrityError {
  return new IntegrityError("WEB_KEY_MISSING", `the key ${key} of ${stream} is not in ${url}`, {
    hint: "is this the key store with which it was saved? without its key nobody can read it: destroy the session",
  });
}
