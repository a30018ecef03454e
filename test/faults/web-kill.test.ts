import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { eventsOf } from "../../src/log/paging.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { spawnWorker, type Worker } from "../support/worker.js";
import { Browser } from "../web/browser.js";
import { openedSessions } from "../web/web-stores.js";
import { seededRandom } from "./seed.js";

/** WEB_KILL=200x50 is the form of the promise; the default is the same in small. */
const [CLIENTS = 50, REQUESTS = 10] = (process.env.WEB_KILL ?? "50x10").split("x").map(Number);
/** Minutes, for a slow and shared machine: a limit, not an expectation. */
const LIMIT_MS = 600_000;

/** What a client knows for sure: only what was answered whole. */
interface Visitor {
  readonly browser: Browser;
  sid: string;
  /** Views that were acknowledged; the server may know of more. */
  views: number;
  state: "out" | "in" | "unknown";
  /** Sessions whose logout was acknowledged. */
  readonly dead: string[];
}

async function startServer(url: string, port = "0"): Promise<{ worker: Worker; port: string }> {
  const worker = spawnWorker("web-server", [url, port]);
  for await (const line of worker.lines) return { worker, port: line };
  throw new Error(`the server did not start: ${(await worker.exit).stderr}`);
}

/** One request; undefined where the server was gone before it had answered whole. */
async function asked(browser: Browser, path: string): Promise<string | undefined> {
  try {
    const { status, text } = await browser.get(path);
    return status === 200 ? text : undefined;
  } catch {
    return undefined;
  }
}

async function step(visitor: Visitor, name: string, random: number): Promise<void> {
  const { browser, state } = visitor;
  if (state !== "in") {
    const sid = await asked(browser, `/login?user=${name}`);
    if (sid === undefined) return;
    Object.assign(visitor, { sid, views: 0, state: "in" });
  } else if (random < 0.6) {
    const views = await asked(browser, "/view");
    if (views === undefined) return;
    // After a view that was not acknowledged the server may be ahead, never behind.
    expect(Number(views)).toBeGreaterThan(visitor.views);
    visitor.views = Number(views);
  } else if (random < 0.85) {
    const me = await asked(browser, "/me");
    if (me !== undefined) expect(JSON.parse(me)).toMatchObject({ user: name });
  } else {
    const bye = await asked(browser, "/logout");
    if (bye === undefined) visitor.state = "unknown";
    else {
      visitor.dead.push(visitor.sid);
      visitor.state = "out";
    }
  }
}

describe(`${CLIENTS} clients × ${REQUESTS} requests while the server is killed`, () => {
  test.each([
    ["jsonl", async () => `jsonl:${join(tempDir(), "s.jsonl")}`],
    ["sqlite", async () => `sqlite:${join(tempDir(), "s.db")}`],
    ["postgres", () => freshPostgresUrl()],
  ])(
    "%s loses no acknowledged save, and no session lives after its logout",
    { timeout: LIMIT_MS },
    async (_n, fresh) => {
      const url = await fresh();
      const random = seededRandom();
      let { worker, port } = await startServer(url);
      const visitors = Array.from({ length: CLIENTS }, (): Visitor => {
        return { browser: new Browser(`http://127.0.0.1:${port}`), sid: "", views: 0, state: "out", dead: [] };
      });
      let requests = 0;
      const killAt = Math.floor((CLIENTS * REQUESTS) / 2);
      let restarted: Promise<void> | undefined;
      const killAndRestart = async () => {
        worker.kill9();
        expect((await worker.exit).signal).toBe("SIGKILL");
        ({ worker } = await startServer(url, port));
      };
      await Promise.all(
        visitors.map(async (visitor, i) => {
          for (let n = 0; n < REQUESTS; n++) {
            await step(visitor, `user-${i}`, random());
            if (++requests === killAt) restarted = killAndRestart();
            if (requests > killAt + CLIENTS) await restarted;
          }
        }),
      );
      await restarted;
      worker.kill9();
      await worker.exit;
      await assertKept(url, visitors);
    },
  );
});

async function assertKept(url: string, visitors: readonly Visitor[]): Promise<void> {
  const sessions = await openedSessions(url);
  let [alive, dead] = [0, 0];
  for (const [i, { sid, state, views, dead: ended }] of visitors.entries()) {
    if (state === "in") {
      alive++;
      const kept = await sessions.get(sid);
      expect(kept, `user-${i}`).toMatchObject({ user_id: `user-${i}` });
      expect(Number(kept?.views ?? 0)).toBeGreaterThanOrEqual(views);
    }
    for (const one of ended) {
      dead++;
      expect(await sessions.get(one), `user-${i}`).toBeNull();
    }
  }
  expect([alive > 0, dead > 0]).toEqual([true, true]);
  await assertNoneReturns(url);
}

/** In the log itself: nothing follows a logout in its stream, and the chain is whole. */
async function assertNoneReturns(url: string): Promise<void> {
  const log = await openLog(url);
  try {
    const ended = new Set<string>();
    for await (const { stream, type } of eventsOf(log.readAll())) {
      expect(ended.has(stream)).toBe(false);
      if (type === "web.destroyed") ended.add(stream);
    }
    expect(await verifyLog(log)).toMatchObject({ ok: true });
  } finally {
    await log.close();
  }
}
