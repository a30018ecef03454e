import { onTestFinished } from "vitest";
import type { KeyStore } from "../../src/log/key-store.js";
import { type OpenWebSessionsOptions, openWebSessions } from "../../src/web-session/open-web-sessions.js";
import type { WebSessionStore } from "../../src/web-session/web-session-store.js";

/** Times go on only when the test says so. */
export class TestClock {
  #ms: number;

  constructor(start = "2026-02-01T10:00:00.000Z") {
    this.#ms = Date.parse(start);
  }

  readonly now = (): Date => new Date(this.#ms);

  pass(seconds: number): void {
    this.#ms += seconds * 1000;
  }
}

export async function openedSessions(url: string, options: OpenWebSessionsOptions = {}): Promise<WebSessionStore> {
  const store = await openWebSessions({ url, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** null where it is not there (any more). */
export async function keyIn(store: KeyStore, id: string): Promise<Buffer | null> {
  return (await store.read(id)).find((one) => one.id === id)?.key ?? null;
}

/** A session as express-session hands it over. */
export function sessionOf(data: Record<string, unknown> = {}, maxAgeMs: number | null = 3_600_000, now = new Date()) {
  const expires = maxAgeMs === null ? null : new Date(now.getTime() + maxAgeMs).toISOString();
  const cookie = { originalMaxAge: maxAgeMs, expires, httpOnly: true, path: "/" };
  return { cookie, ...data } as { cookie: typeof cookie; [name: string]: unknown };
}
