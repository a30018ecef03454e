import type pg from "pg";
import { beforeEach, expect, test } from "vitest";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { cleanUp } from "../support/clean-up.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { asUser, openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const DENIED = { code: "PERMISSION_DENIED", hint: expect.stringContaining("CREATE POLICY") };
const append = (log: PostgresLog) =>
  log.append({ stream: "session-a", events: [{ type: "t", data: "secret" }] }, ACTOR);

let url = "";
let user = "";
let events = "";
let admin: pg.Client;

beforeEach(async () => {
  url = await freshPostgresUrl();
  const schema = schemaOf(url);
  user = `u_${schema.slice(-12)}`;
  events = `"${schema}".events`;
  admin = await openAdmin(url);
  const log = await PostgresLog.open(url);
  for (let i = 0; i < 3; i++) await append(log);
  await log.close();
  await admin.query(`CREATE ROLE ${user} LOGIN; GRANT USAGE ON SCHEMA "${schema}" TO ${user};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "${schema}" TO ${user};
    ALTER TABLE ${events} ENABLE ROW LEVEL SECURITY`);
  cleanUp(async () => {
    await admin.query(`DROP OWNED BY ${user} CASCADE; DROP ROLE ${user}`);
  });
});

const open = (readOnly = false) => openPostgres(asUser(url, user), { readOnly, mustExist: readOnly });

test.each([
  ["there is no policy", []],
  ["a policy shows the first ones", [`FOR SELECT USING ("offset" < 2)`]],
  ["a policy is for others", ["TO postgres USING (true)"]],
  ["a restrictive policy hides some", ["USING (true)", `AS RESTRICTIVE USING ("offset" < 2)`]],
])("a log is not read as a shorter one where %s", async (_, policies) => {
  for (const [i, policy] of policies.entries()) await admin.query(`CREATE POLICY p${i} ON ${events} ${policy}`);
  await expect(open()).rejects.toMatchObject(DENIED);
  await expect(open(true)).rejects.toMatchObject(DENIED);
  expect((await (await openPostgres(url)).tail()).offset).toBe(3); // the owner sees all
});

test("a policy that shows and takes everything is in nobody's way", async () => {
  await admin.query(`CREATE POLICY everything ON ${events} USING (true)`);
  const log = await open();
  await append(log);
  expect((await log.tail()).offset).toBe(4);
});

test("what takes many rows at once says whose right is missing, and writes nothing", async () => {
  await admin.query(`CREATE POLICY everything ON ${events} USING (true)`);
  const log = await open();
  const BYPASS = { code: "PERMISSION_DENIED", hint: expect.stringContaining("BYPASSRLS") };
  await expect(log.redact({ offsets: [1], reason: "asked for" }, ACTOR)).rejects.toMatchObject(BYPASS);
  expect((await log.tail()).offset).toBe(3);
});
