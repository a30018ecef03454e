import { expect, test } from "vitest";
import { firstSessions } from "../../src/inspect/first-sessions.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { until } from "../support/until.js";
import { openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const EVENTS = 21_000;
const AT_ONCE = 1_000;
const SESSIONS = 50;

test("tables that are made of a long log are cleaned up while they are made", async () => {
  const url = await freshPostgresUrl();
  const log = await openPostgres(url);
  for (let from = 0; from < EVENTS; from += AT_ONCE) {
    const batch = Array.from({ length: SESSIONS }, (_, session) => ({
      stream: `session-${session}`,
      events: Array.from({ length: AT_ONCE / SESSIONS }, (_, i) => changeOf(session, from + i)),
    }));
    await log.append(batch, { actor: "user:test" });
  }
  expect((await firstSessions(log, { limit: 1 }))?.documents).toHaveLength(1);
  const admin = await openAdmin(url);
  const vacuumed = async () => {
    const { rows } = await admin.query<{ times: number }>(
      "SELECT vacuum_count::int AS times FROM pg_stat_user_tables WHERE schemaname = $1 AND relname LIKE 'model\\_sessions%'",
      [schemaOf(url)],
    );
    return rows.some(({ times }) => times > 0);
  };
  await until("a VACUUM of the documents", vacuumed);
});

function changeOf(session: number, i: number) {
  if (i > 0) return { type: "session.updated", data: { patch: [{ op: "replace", path: "/branch", value: `b${i}` }] } };
  const record = { session: `s${session}`, createdAt: "2026-01-31T10:00:00.000Z", branch: "main", status: "ACTIVE" };
  return { type: "session.created", data: { record } };
}
