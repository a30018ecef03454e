import pg from "pg";
import { sessionStore } from "../../src/express/session-store.js";
import { pgSimpleStore } from "../web/pg-simple-store.js";
import type { Bench, Comparison } from "./measure.js";
import { CALLS, fill, get, newId, oneByOne, randomId, type Sessions, set, together } from "./web-calls.js";

const SESSIONS = 10_000;
/** Visitors come back: over the rounds most sessions are read more than once, and the first reads are among them. */
const GETS = 10 * CALLS;

/** Both keep SESSIONS sessions of the same data; calls go to random ones, one after the other as one visitor's do. */
export async function webBench(url: string): Promise<Bench> {
  const ours = sessionStore({ url: `${url}${url.includes("?") ? "&" : "?"}schema=bench_web`, pruneInterval: false });
  const theirs = await pgSimple(url);
  await Promise.all([ours, theirs.store].map((store) => fill(store, SESSIONS)));
  const facts = { peer: "connect-pg-simple", durability: "synchronous_commit=on, both; TCP" };
  const against = (
    name: string,
    atLeast: number | undefined,
    work: (store: Sessions) => Promise<void>,
    amount = CALLS,
  ): Comparison => ({
    ...facts,
    name,
    ...(atLeast === undefined ? {} : { atLeast }),
    unit: "calls/s",
    amount,
    ours: () => work(ours),
    theirs: () => work(theirs.store),
  });
  const comparisons = [
    against("web session get", 1, (store) => oneByOne(() => get(store, randomId(SESSIONS)), GETS), GETS),
    against("web session get, 16 at once", undefined, (store) => together(() => get(store, randomId(SESSIONS)))),
    against("web session set of one that is there", 0.8, (store) => oneByOne((n) => set(store, randomId(SESSIONS), n))),
    against("web session set of a new one", 0.8, (store) => oneByOne((n) => set(store, newId(), n))),
    against("web session set, 16 at once", undefined, (store) => together((n) => set(store, randomId(SESSIONS), n))),
  ];
  const close = async () => {
    await theirs.close();
    await ours.close();
  };
  return { comparisons, close };
}

async function pgSimple(url: string) {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  await pool.query("DROP TABLE IF EXISTS session");
  const store = pgSimpleStore({ pool });
  return { store, close: () => pool.end() };
}
