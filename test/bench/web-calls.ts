import { randomBytes } from "node:crypto";
import type { SessionData, Store } from "express-session";

/** Calls of one measured piece of work. */
export const CALLS = 400;
const CONCURRENT = 16;
const FILLED_AT_ONCE = 200;

export type Sessions = Pick<Store, "get" | "set">;

/** Sessions `sid-0` to `sid-<count - 1>`. */
export async function fill(store: Sessions, count: number): Promise<void> {
  for (let i = 0; i < count; i += FILLED_AT_ONCE) {
    await Promise.all(
      Array.from({ length: Math.min(FILLED_AT_ONCE, count - i) }, (_, j) => set(store, `sid-${i + j}`, j)),
    );
  }
}

export async function oneByOne(call: (n: number) => Promise<void>, calls = CALLS): Promise<void> {
  for (let n = 0; n < calls; n++) await call(n);
}

export async function together(call: (n: number) => Promise<void>): Promise<void> {
  const worker = async (first: number) => {
    for (let n = first; n < CALLS; n += CONCURRENT) await call(n);
  };
  await Promise.all(Array.from({ length: CONCURRENT }, (_, first) => worker(first)));
}

export function get(store: Sessions, sid: string): Promise<void> {
  return new Promise((resolve, reject) => {
    store.get(sid, (error, found) => {
      if (error || !found) reject(error ?? new Error(`${sid} is not there`));
      else resolve();
    });
  });
}

export function set(store: Sessions, sid: string, n: number): Promise<void> {
  return new Promise((resolve, reject) => {
    store.set(sid, sample(n), (error) => (error ? reject(error) : resolve()));
  });
}

export function randomId(count: number): string {
  return `sid-${Math.floor(Math.random() * count)}`;
}

export function newId(): string {
  return randomBytes(24).toString("base64url");
}

/** What an application keeps of somebody who signed in: about 700 bytes. */
function sample(n: number): SessionData {
  const cookie = { originalMaxAge: 86_400_000, expires: new Date(Date.now() + 86_400_000), httpOnly: true, path: "/" };
  const tokens = { access_token: TOKEN, refresh_token: TOKEN.slice(0, 200) };
  return {
    cookie,
    user_id: `user-${n % 1000}`,
    views: n,
    roles: ["user", "admin"],
    ...tokens,
  } as unknown as SessionData;
}

const TOKEN = randomBytes(300).toString("base64url");
