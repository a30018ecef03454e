import { expect, test } from "vitest";
import { freshPostgresUrl } from "../support/postgres.js";
import { openAdmin, openPostgres } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };

test("a log that was cut back on the same server is no fork for others, also over new connections", async () => {
  const url = await freshPostgresUrl();
  const application = `cut${Date.now()}`;
  const [log, other] = [await openPostgres(`${url}&application_name=${application}`), await openPostgres(url)];
  const one = { stream: "session-a", events: [{ type: "t", data: {} }] };
  for (let i = 0; i < 3; i++) await log.append(one, ACTOR);
  await other.truncateAfter(1, await other.tail());
  const admin = await openAdmin(url);
  await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [
    application,
  ]);
  expect((await log.tail()).offset).toBe(1);
  expect((await log.append(one, ACTOR)).firstOffset).toBe(2);
});
