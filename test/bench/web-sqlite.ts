import { join } from "node:path";
import Database from "better-sqlite3";
import session, { type SessionData } from "express-session";
import { sessionStore } from "../../src/express/session-store.js";
import type { Bench, Comparison } from "./measure.js";
import { CALLS, fill, get, newId, oneByOne, randomId, type Sessions, set } from "./web-calls.js";

const SESSIONS = 10_000;
/** WEB_BENCH_SESSIONS=1000000 is the form of the promise; it takes minutes to fill. */
const MANY = Number(process.env.WEB_BENCH_SESSIONS ?? 200_000);
/** Reads of one measured piece of work; a busy machine blurs few. */
const GETS = 5 * CALLS;

/** Sessions in a SQLite file, beside stores that answer within the process. */
export async function webSqliteBench(folder: string): Promise<Bench> {
  const open = (name: string) => sessionStore({ url: `sqlite:${join(folder, name)}`, pruneInterval: false });
  const [ours, many] = [open("web.db"), open("web-many.db")];
  const raw = new RawSqliteSessions(join(folder, "web-raw.db"));
  const memory = new session.MemoryStore();
  for (const store of [ours, raw, memory]) await fill(store, SESSIONS);
  process.stderr.write(`saving ${MANY} sessions …\n`);
  await fill(many, MANY);
  const gets = (store: Sessions, count: number) => oneByOne(() => get(store, randomId(count)), GETS);
  const sqlite = { peer: "the statements of better-sqlite3-session-store, raw", durability: FULL, unit: "calls/s" };
  const comparisons: Comparison[] = [
    {
      ...sqlite,
      name: "web session get, SQLite",
      atLeast: 0.5,
      amount: GETS,
      ours: () => gets(ours, SESSIONS),
      theirs: () => gets(raw, SESSIONS),
    },
    {
      ...sqlite,
      name: "web session set of one that is there, SQLite",
      amount: CALLS,
      ours: () => oneByOne((n) => set(ours, randomId(SESSIONS), n)),
      theirs: () => oneByOne((n) => set(raw, randomId(SESSIONS), n)),
    },
    {
      ...sqlite,
      name: "web session set of a new one, SQLite",
      amount: CALLS,
      ours: () => oneByOne((n) => set(ours, newId(), n)),
      theirs: () => oneByOne((n) => set(raw, newId(), n)),
    },
    {
      ...sqlite,
      name: "web session get, SQLite beside memory",
      peer: "MemoryStore of express-session",
      durability: "FULL beside none",
      amount: GETS,
      ours: () => gets(ours, SESSIONS),
      theirs: () => gets(memory, SESSIONS),
    },
    {
      ...sqlite,
      name: `web session get of ${MANY.toLocaleString("en")}, SQLite`,
      peer: `the same of ${SESSIONS.toLocaleString("en")}`,
      atLeast: 0.5,
      amount: GETS,
      ours: () => gets(many, MANY),
      theirs: () => gets(ours, SESSIONS),
    },
  ];
  const close = async () => {
    raw.close();
    await ours.close();
    await many.close();
  };
  return { comparisons, close };
}

const FULL = "WAL, synchronous=FULL, both";

/** What better-sqlite3-session-store does, which is not installed here: its table, its statements, prepared for each call. */
class RawSqliteSessions implements Sessions {
  readonly #db: Database.Database;

  constructor(path: string) {
    this.#db = new Database(path);
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma("synchronous = FULL");
    this.#db.exec("CREATE TABLE sessions (sid TEXT NOT NULL PRIMARY KEY, sess JSON NOT NULL, expire TEXT NOT NULL)");
  }

  get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    const found = this.#db
      .prepare("SELECT sess FROM sessions WHERE sid = ? AND datetime('now') < datetime(expire)")
      .pluck()
      .get(sid) as string | undefined;
    callback(null, found === undefined ? null : (JSON.parse(found) as SessionData));
  }

  set(sid: string, data: SessionData, callback?: (error?: unknown) => void): void {
    const expire = new Date(Date.now() + (data.cookie.originalMaxAge ?? 86_400_000)).toISOString();
    this.#db
      .prepare("INSERT OR REPLACE INTO sessions VALUES (@sid, @sess, @expire)")
      .run({ sid, sess: JSON.stringify(data), expire });
    callback?.(null);
  }

  close(): void {
    this.#db.close();
  }
}
