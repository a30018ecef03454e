import { expect, test } from "vitest";
import { sessions } from "../../projections/sessions.js";
import { openLog } from "../../src/open-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { SessionStore } from "../../src/session/session-store.js";
import { cleanUp } from "../support/clean-up.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { asUser, openAdmin, schemaOf } from "./open-postgres.js";

async function storeOf(url: string, actor: string): Promise<SessionStore> {
  const log = await openLog(url);
  cleanUp(() => log.close());
  return new SessionStore(log, { actor });
}

test("who may read the events and not the tables of a list gets a session all the same", async () => {
  const url = await freshPostgresUrl();
  const schema = schemaOf(url);
  const role = `eyes_${schema.slice(-12)}`;
  const store = await storeOf(url, "user:ada");
  await store.create({ session: "a", repoName: "r" });
  const admin = await openAdmin(url);
  await admin.query(`CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA "${schema}" TO ${role};
    GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO ${role}`);
  cleanUp(async () => {
    await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });
  const eyes = await storeOf(asUser(url, role), "user:bob");
  expect((await eyes.get("a")).version).toBe(1);
  await new ReadModel(store.log, sessions).catchUp();
  await store.update("a", { branch: "main" });
  for (const reader of [eyes, await storeOf(asUser(url, role), "user:bob")]) {
    expect(await reader.get("a")).toEqual(await store.get("a"));
  }
  await admin.query(`REVOKE SELECT ON "${schema}".read_models FROM ${role}`);
  expect((await (await storeOf(asUser(url, role), "user:bob")).get("a")).version).toBe(2);
});
