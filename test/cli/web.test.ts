import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sessionStore } from "../../src/express/session-store.js";
import { BACKENDS } from "../read-model/backends.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { sessionOf } from "../web/web-stores.js";

async function filled(url: string): Promise<void> {
  const store = sessionStore({ url, pruneInterval: false });
  for (const [sid, data, maxAgeMs] of [
    ["one", { user_id: "ada" }, 3_600_000],
    ["two", { user_id: "ada" }, 3_600_000],
    ["three", { user_id: "bob\u001b[31m" }, 3_600_000],
    ["guest", {}, 3_600_000],
    ["gone", { user_id: "eve" }, -1000],
  ] as const) {
    await store.set(sid, sessionOf({ ...data, token: "very-secret" }, maxAgeMs) as never);
  }
  await store.close();
}

describe.each(BACKENDS)("web commands on %s", (_name, freshUrl) => {
  test("list, count, who, revoke and expire agree", async () => {
    const url = await freshUrl();
    await filled(url);
    const env = { SESSION_DB_URL: url, SESSIONDB_STORE: "jsonl:/nowhere/else.jsonl" };
    const web = async (...args: string[]) => runCli(["web", ...args], { env });
    const json = async (...args: string[]) => JSON.parse((await web(...args, "--json")).stdout) as never;
    expect(await web("count")).toMatchObject({ code: 0, stdout: "4\n" });
    expect(await json("count", "--user", "ada")).toMatchObject({ schema: "web-count/1", offset: 5, count: 2 });
    const list = await web("list");
    expect(list.stdout).toContain("bob\\u{1b}[31m");
    expect(list.stdout + list.stderr).not.toMatch(/very-secret/);
    const [first, ...others] = ((await json("list")) as { items: unknown[] }).items;
    expect(others).toHaveLength(3);
    for (const point of [[], ["--as-of", "5"]]) {
      expect(await json("list", "--limit", "1", ...point)).toMatchObject({ total: 4, items: [first] });
      expect(await json("list", "--limit", "0", ...point)).toMatchObject({ total: 4, items: [] });
    }
    expect(await json("who")).toMatchObject({
      schema: "web-who/1",
      items: [
        { user: "ada", sessions: 2 },
        { user: "bob\u001b[31m", sessions: 1 },
      ],
    });
    expect((await web("expire")).stdout).toBe("expired 1 session\n");
    expect((await web("revoke", "--user", "ada", "--reason", "lost phone")).stdout).toBe("revoked 2 sessions\n");
    const [{ id }] = ((await json("list")) as { items: { id: string }[] }).items as [{ id: string }];
    expect((await web("revoke", "--session", id.slice(0, 8))).stdout).toBe("revoked 1 session\n");
    expect((await web("revoke", "--session", id)).code).toBe(3);
    expect(await json("who", "--as-of", "5")).toMatchObject({ items: [{ user: "ada" }, { user: "bob\u001b[31m" }] });
    expect(await json("list", "--as-of", "5")).toMatchObject({ total: 4 });
    const all = await web("revoke", "--all");
    expect([all.code, all.stderr]).toEqual([7, expect.stringContaining("NOT_CONFIRMED")]);
    expect((await web("revoke", "--all", "--yes")).stdout).toBe("revoked 1 session\n");
    expect((await web("count")).stdout).toBe("0\n");
    const audit = await runCli(["audit", "--type", "web.destroyed", "--store", url, "--json"]);
    expect(audit.stdout).toContain("lost phone");
  });
});

test.each([
  [["revoke"], 2, "USAGE"],
  [["revoke", "--user", "a", "--all"], 2, "USAGE"],
  [["revoke", "--session", "xyz"], 2, "WEB_SESSION_ID_INVALID"],
  [["list", "--as-of", "soon"], 2, "POINT_INVALID"],
  [["who", "--as-of", "99"], 3, "POINT_OUTSIDE"],
  [["expire", "--keys", "nowhere"], 2, "KEY_STORE_URL_INVALID"],
])("web %j ends with %i, %s", async (args, code, error) => {
  const url = `sqlite:${join(tempDir(), "s.db")}`;
  await filled(url);
  const result = await runCli(["web", ...args, "--store", url]);
  expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(error)]);
});

test("a store that is not there is not made by asking", async () => {
  const result = await runCli(["web", "list"], { env: { SESSION_DB_URL: `sqlite:${join(tempDir(), "none.db")}` } });
  expect([result.code, result.stderr]).toEqual([3, expect.stringContaining("LOG_NOT_FOUND")]);
});
