import { join } from "node:path";
import Database from "better-sqlite3";
import session, { type Store } from "express-session";
import { sessionStore } from "../../src/express/session-store.js";
import type { Bench, Comparison } from "./measure.js";
import { named, peer } from "./peers.js";
import { CALLS, fill, get, newId, oneByOne, randomId, type Sessions, set } from "./web-calls.js";

const PACKAGE = "better-sqlite3-session-store";
const SESSIONS = 10_000;
/** WEB_BENCH_SESSIONS=1000000 is the form of the promise; it takes minutes to fill. */
const MANY = Number(process.env.WEB_BENCH_SESSIONS ?? 200_000);
/** Reads of one measured piece of work; a busy machine blurs few. */
const GETS = 5 * CALLS;

/** Sessions in a SQLite file, beside stores that answer within the process. */
export async function webSqliteBench(folder: string): Promise<Bench> {
  const open = (name: string) => sessionStore({ url: `sqlite:${join(folder, name)}`, pruneInterval: false });
  const ours = open("web.db");
  const theirs = new PeerStore(join(folder, "web-peer.db"));
  const memory = new session.MemoryStore();
  for (const store of [ours, theirs.store, memory]) await fill(store, SESSIONS);
  process.stderr.write(`saving ${MANY} sessions …\n`);
  await inFresh(open("web-many.db"), (store) => fill(store, MANY));
  const gets = (store: Sessions, count: number) => oneByOne(() => get(store, randomId(count)), GETS);
  const sqlite = { peer: theirs.name, durability: FULL, unit: "calls/s" };
  const comparisons: Comparison[] = [
    {
      ...sqlite,
      name: "web session get, SQLite",
      atLeast: 0.5,
      amount: GETS,
      ours: () => gets(ours, SESSIONS),
      theirs: () => gets(theirs.store, SESSIONS),
    },
    {
      ...sqlite,
      name: "web session set of one that is there, SQLite",
      amount: CALLS,
      ours: () => oneByOne((n) => set(ours, randomId(SESSIONS), n)),
      theirs: () => oneByOne((n) => set(theirs.store, randomId(SESSIONS), n)),
    },
    {
      ...sqlite,
      name: "web session set of a new one, SQLite",
      amount: CALLS,
      ours: () => oneByOne((n) => set(ours, newId(), n)),
      theirs: () => oneByOne((n) => set(theirs.store, newId(), n)),
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
      name: `web session first get of ${MANY.toLocaleString("en")}, SQLite`,
      peer: `the same of ${SESSIONS.toLocaleString("en")}`,
      atLeast: 0.5,
      amount: GETS,
      ours: () => inFresh(open("web-many.db"), (store) => gets(store, MANY)),
      theirs: () => inFresh(open("web.db"), (store) => gets(store, SESSIONS)),
    },
  ];
  const close = async () => {
    theirs.close();
    await ours.close();
  };
  return { comparisons, close };
}

/** In a store that has seen none of its sessions yet. */
async function inFresh<S extends { close(): Promise<void> }>(
  store: S,
  act: (store: S) => Promise<void>,
): Promise<void> {
  await act(store);
  await store.close();
}

const FULL = "WAL, synchronous=FULL, both";

interface StoreClass {
  readonly prototype: { startInterval(): void };
  new (options: { client: Database.Database }): Store;
}

/** The store that others use with SQLite, on a file as durable as ours. */
class PeerStore {
  readonly name = named(PACKAGE);
  readonly store: Store;
  readonly #db: Database.Database;

  constructor(path: string) {
    this.#db = new Database(path);
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma("synchronous = FULL");
    const SqliteStore = peer<(express: typeof session) => StoreClass>(PACKAGE)(session);
    // Its timer cannot be turned off, and would keep the bench from ending.
    SqliteStore.prototype.startInterval = () => undefined;
    this.store = new SqliteStore({ client: this.#db });
  }

  close(): void {
    this.#db.close();
  }
}
