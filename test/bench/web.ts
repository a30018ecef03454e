import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { SessionData, Store } from "express-session";
import pg from "pg";
import { sessionStore } from "../../src/express/session-store.js";
import { pgSimpleStore } from "../web/pg-simple-store.js";
import type { Bench, Comparison } from "./measure.js";

const SESSIONS = 10_000;
const CALLS = 400;
const CONCURRENT = 16;

type Sessions = Pick<Store, "get" | "set">;

/** Both keep SESSIONS sessions of the same data; calls go to random ones, one after the other as one visitor's do. */
export async function webBench(url: string, folder: string): Promise<Bench> {
  const ours = sessionStore({ url: `${url}${url.includes("?") ? "&" : "?"}schema=bench_web`, pruneInterval: false });
  const file = sessionStore({ url: `sqlite:${join(folder, "web.db")}`, pruneInterval: false });
  const theirs = await pgSimple(url);
  await Promise.all([ours, file, theirs.store].map(fill));
  const facts = { peer: "connect-pg-simple", durability: "synchronous_commit=on, both; TCP" };
  const against = (
    name: string,
    atLeast: number | undefined,
    work: (store: Sessions) => Promise<void>,
  ): Comparison => ({
    ...facts,
    name,
    ...(atLeast === undefined ? {} : { atLeast }),
    unit: "calls/s",
    amount: CALLS,
    ours: () => work(ours),
    theirs: () => work(theirs.store),
  });
  const comparisons = [
    against("web session get", 1, (store) => oneByOne(() => get(store, randomId()))),
    against("web session get, 16 at once", undefined, (store) => together(() => get(store, randomId()))),
    against("web session set of one that is there", 0.8, (store) => oneByOne((n) => set(store, randomId(), n))),
    against("web session set of a new one", 0.8, (store) => oneByOne((n) => set(store, newId(), n))),
    against("web session set, 16 at once", undefined, (store) => together((n) => set(store, randomId(), n))),
    {
      ...against("web session get from SQLite", undefined, (store) => oneByOne(() => get(store, randomId()))),
      durability: "SQLite beside Postgres",
      ours: () => oneByOne(() => get(file, randomId())),
    },
  ];
  const close = async () => {
    await theirs.close();
    await ours.close();
    await file.close();
  };
  return { comparisons, close };
}

async function pgSimple(url: string) {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  await pool.query("DROP TABLE IF EXISTS session");
  const store = pgSimpleStore({ pool });
  return { store, close: () => pool.end() };
}

async function fill(store: Sessions): Promise<void> {
  for (let i = 0; i < SESSIONS; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, j) => set(store, `sid-${i + j}`, 0)));
  }
}

async function oneByOne(call: (n: number) => Promise<void>): Promise<void> {
  for (let n = 0; n < CALLS; n++) await call(n);
}

async function together(call: (n: number) => Promise<void>): Promise<void> {
  const worker = async (first: number) => {
    for (let n = first; n < CALLS; n += CONCURRENT) await call(n);
  };
  await Promise.all(Array.from({ length: CONCURRENT }, (_, first) => worker(first)));
}

function get(store: Sessions, sid: string): Promise<void> {
  return new Promise((resolve, reject) => {
    store.get(sid, (error, found) => {
      if (error || !found) reject(error ?? new Error(`${sid} is not there`));
      else resolve();
    });
  });
}

function set(store: Sessions, sid: string, n: number): Promise<void> {
  return new Promise((resolve, reject) => {
    store.set(sid, sample(n), (error) => (error ? reject(error) : resolve()));
  });
}

function randomId(): string {
  return `sid-${Math.floor(Math.random() * SESSIONS)}`;
}

function newId(): string {
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
