import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sessionStore } from "../../src/express/session-store.js";
import { sessionHash } from "../../src/web-session/session-hash.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { BACKENDS } from "../read-model/backends.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { openedSessions, sessionOf } from "./web-stores.js";

/** Random enough to stand nowhere by chance. */
const SECRETS = ["sid-Zq8vX2pL0kWm", "tok-Hy7RbN4cJ1sD", "theme-Qe5UgT9fVa3"] as const;
const [SID, TOKEN, THEME] = SECRETS;
const SESSION = sessionOf({ user_id: "ada", token: TOKEN, list: [{ theme: THEME }] });

/** The bytes of all files below a folder. */
function bytesBelow(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Buffer.concat(files.map((one) => readFileSync(join(one.parentPath, one.name))));
}

function secretsIn(bytes: Buffer): string[] {
  const forms = (text: string) => [
    text,
    Buffer.from(text).toString("base64").slice(0, -4),
    Buffer.from(text).toString("hex"),
  ];
  return SECRETS.filter((secret) => forms(secret).some((form) => bytes.includes(form)));
}

test.each([
  ["jsonl", (folder: string) => `jsonl:${join(folder, "s.jsonl")}`],
  ["sqlite", (folder: string) => `sqlite:${join(folder, "s.db")}`],
])("in no file of %s, its WAL and sidecars, its keys and its backup stands an id or data", async (_name, urlIn) => {
  const folder = tempDir();
  mkdirSync(join(folder, "backup"));
  const url = urlIn(folder);
  const store = await openedSessions(url);
  await store.set(SID, SESSION);
  await store.touch(SID, sessionOf({}, 8_000_000));
  await store.set(SID, { ...SESSION, more: TOKEN });
  const backup = async (name: string) => {
    const { code, stderr } = await runCli(["backup", "-o", join(folder, "backup", name), "--store", url]);
    expect(code, stderr).toBe(0);
  };
  await backup("before.jsonl");
  await runCli(["web", "list", "--store", url]); // makes the read model
  const whileOpen = bytesBelow(folder);
  expect([whileOpen.includes(sessionHash(SID)), whileOpen.includes("ada")]).toEqual([true, true]);
  expect(secretsIn(whileOpen)).toEqual([]);
  await store.destroy(SID);
  await backup("after.jsonl");
  await store.close();
  expect(secretsIn(bytesBelow(folder))).toEqual([]);
});

test("in no table of Postgres stands an id or data, and after the end no key", async () => {
  const url = await freshPostgresUrl();
  const store = await openedSessions(url);
  await store.set(SID, SESSION);
  const admin = await openAdmin(url);
  const schema = schemaOf(url);
  const dump = async () => {
    const tables = await admin.query(
      "SELECT table_schema AS s, table_name AS t FROM information_schema.tables WHERE table_schema LIKE $1",
      [`${schema}%`],
    );
    const texts: string[] = [];
    for (const { s, t } of tables.rows) {
      const { rows } = await admin.query(`SELECT row_to_json(x)::text AS line FROM "${s}"."${t}" x`);
      texts.push(...rows.map(({ line }) => String(line)));
    }
    return Buffer.from(texts.join("\n"));
  };
  const before = await dump();
  expect(before.includes("ada")).toBe(true);
  expect(secretsIn(before)).toEqual([]);
  const keys = async () => Number((await admin.query(`SELECT count(*) FROM "${schema}_keys".web_keys`)).rows[0]?.count);
  await store.destroy(SID);
  expect(secretsIn(await dump())).toEqual([]);
  await store.close();
  expect(await keys()).toBe(0);
});

describe.each(BACKENDS)("on %s", (_name, freshUrl) => {
  test("a backup brings back who was signed in, and what had ended stays unreadable", async () => {
    const url = await freshUrl();
    const store = sessionStore({ url, keyStore: `file:${join(tempDir(), "keys")}`, pruneInterval: false });
    onTestFinished(() => store.close());
    await store.set(SID, SESSION as never);
    const folder = tempDir();
    const saved = join(folder, "backup.jsonl");
    expect((await runCli(["backup", "-o", saved, "--store", url])).code).toBe(0);
    await store.destroy(SID);
    const again = `sqlite:${join(folder, "again.db")}`;
    expect((await runCli(["restore", saved, "--to", again])).code).toBe(0);
    const restored = await openedSessions(again, { keyStore: `file:${join(tempDir(), "none")}` });
    await expect(restored.get(SID)).rejects.toMatchObject({ code: "WEB_KEY_MISSING" });
    expect((await runCli(["web", "who", "--store", again])).stdout).toContain("ada");
  });
});
