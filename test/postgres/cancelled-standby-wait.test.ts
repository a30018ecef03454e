import type pg from "pg";
import { expect, test } from "vitest";
import { PostgresPair } from "../support/postgres-pair.js";
import { until } from "../support/until.js";
import { openAdmin, openPostgres } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const WRITERS = 3;
const WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
const ASKED = "SELECT FROM sessiondb.append_requests WHERE waits";

type Ending = "pg_cancel_backend" | "pg_terminate_backend" | "statement_timeout";

async function pidsWaiting(admin: pg.Client): Promise<number[]> {
  return (await admin.query<{ pid: number }>(WAITING)).rows.map(({ pid }) => pid);
}

/** All of them find the lock taken and say what they want, so that one of them does it for all. */
async function letOneServeAll(admin: pg.Client, holder: pg.Client, append: () => void): Promise<void> {
  await holder.query("BEGIN; SELECT pg_advisory_xact_lock(hashtext('sessiondb log'), hashtext('sessiondb'))");
  append();
  await until("all have asked", async () => (await admin.query(ASKED)).rowCount === WRITERS);
  await holder.query("ROLLBACK");
}

test.each<[title: string, ending: Ending, contended: boolean]>([
  ["is cancelled", "pg_cancel_backend", false],
  ["is ended with its connection, and tried again", "pg_terminate_backend", false],
  ["is cut short by the role's limit of statements", "statement_timeout", true],
  ["is cancelled for one who serves others", "pg_cancel_backend", true],
  ["is ended with the connection of one who serves others", "pg_terminate_backend", true],
])(
  "a wait for a synchronous standby that %s acknowledges nothing: it waits again",
  { timeout: 120_000 },
  async (_title, ending, contended) => {
    const pair = await PostgresPair.start();
    await openPostgres(pair.url);
    await pair.beSynchronous();
    const [admin, holder] = [await openAdmin(pair.primary.url), await openAdmin(pair.primary.url)];
    if (ending === "statement_timeout") await admin.query("ALTER ROLE postgres SET statement_timeout = '1500ms'");
    const open = () => openPostgres(pair.primary.url, { contended, retryLimitMs: 5_000 });
    const logs = await Promise.all(Array.from({ length: WRITERS }, open));
    let acknowledged = 0;
    const appendAll = () =>
      logs.map(async (log, i) => {
        await log.append({ stream: `session-${i}`, events: [{ type: "t", data: i }] }, ACTOR);
        acknowledged++;
      });
    await Promise.all(appendAll());
    await pair.cutNetwork();
    let late: Promise<void>[] = [];
    const append = () => {
      late = appendAll();
    };
    if (contended) await letOneServeAll(admin, holder, append);
    else append();
    await until("one waits for the standby", async () => (await pidsWaiting(admin)).length > 0);
    const before = await pidsWaiting(admin);
    if (ending !== "statement_timeout") await admin.query(`SELECT ${ending}(${before[0]})`);
    await until("others wait for it", async () => (await pidsWaiting(admin)).some((pid) => !before.includes(pid)));
    expect(acknowledged).toBe(WRITERS);
    await pair.primary.stop("kill");
    for (const { reason } of (await Promise.allSettled(late)) as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ code: "APPEND_OUTCOME_UNKNOWN" });
    }
  },
);
