import { expect, test } from "vitest";
import { allEvents } from "../../src/conformance/target.js";
import { cleanUp } from "../support/clean-up.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { asUser, openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const append = { stream: "session-a", events: [{ type: "t", data: 1 }] };

test("where the server has one connection left, it is enough to open, append and read in turns", async () => {
  const url = await freshPostgresUrl();
  const [schema, user] = [schemaOf(url), `one_${schemaOf(url).slice(-12)}`];
  const admin = await openAdmin(url);
  await openPostgres(url);
  await admin.query(`CREATE ROLE ${user} LOGIN CONNECTION LIMIT 1; GRANT USAGE ON SCHEMA ${schema} TO ${user};
    GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ${schema} TO ${user}`);
  cleanUp(async () => {
    await admin.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
  });
  const log = await openPostgres(asUser(url, user));
  for (const offset of [1, 2, 3]) {
    expect((await log.append(append, { actor: "user:test" })).lastOffset).toBe(offset);
    expect(await allEvents(log)).toHaveLength(offset);
  }
  const both = await Promise.all([log.append(append, { actor: "user:test" }), log.tail()]);
  expect(both[0].lastOffset).toBe(4);
  await log.close();
});
