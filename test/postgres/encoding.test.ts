import { expect, test } from "vitest";
import { cleanUp } from "../support/clean-up.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { openAdmin, openPostgres, schemaOf } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const append = (text: string) => ({ stream: "session-a", events: [{ type: "t", data: text }] });

test("a database that lacks a character says so, writes nothing of the append, and takes the next one", async () => {
  const url = await freshPostgresUrl();
  const database = `latin_${schemaOf(url).slice(-12)}`;
  const admin = await openAdmin(url);
  await admin.query(`CREATE DATABASE ${database} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
  cleanUp(async () => {
    await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
  });
  const log = await openPostgres(Object.assign(new URL(url), { pathname: `/${database}` }).href);
  const refusal = { code: "ENCODING_TOO_SMALL", hint: expect.stringContaining("UTF8") };
  await expect(log.append(append("東京"), ACTOR)).rejects.toMatchObject(refusal);
  expect((await log.append(append("é"), ACTOR)).lastOffset).toBe(1);
});
