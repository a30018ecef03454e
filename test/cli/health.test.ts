import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

let cwd = "";
beforeEach(() => {
  cwd = tempDir();
});

function run(...args: string[]) {
  return runCli(args, { cwd });
}

test.each(["jsonl:./s.jsonl", "sqlite:./s.db", "postgres"])("%s that is well: 0", async (place) => {
  const store = place === "postgres" ? await freshPostgresUrl() : place;
  await run("session", "start", "a", "--store", store);
  const { code, stdout } = await run("health", "--json", "--store", store);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ schema: "health/1", ok: true, offset: 1, checked: 1, problems: [] });
});

test("a read model that lags: 1, until somebody has read", async () => {
  const store = ["--store", "sqlite:./s.db"];
  await run("session", "start", "a", ...store);
  expect((await run("health", "--max-lag", "0", ...store)).code).toBe(0); // nothing is stored that could lag
  await run("projection", "rebuild", "sessions", ...store);
  for (const id of ["b", "c"]) await run("session", "start", id, ...store);
  const lagging = await run("health", "--max-lag", "1", "--json", ...store);
  const problems = ["the read model sessions is 2 events behind"];
  expect([lagging.code, JSON.parse(lagging.stdout)]).toMatchObject([1, { ok: false, lag: 2, problems }]);
  const fine = await run("health", "--max-lag", "2", ...store);
  expect(fine).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ok {3}sqlite:.*: offset 3, read models 2 behind/),
  });
});

test("a log that has moved: 1, and where to", async () => {
  await run("session", "start", "a", "--store", "sqlite:./s.db");
  expect((await run("migrate", "--from", "sqlite:./s.db", "--to", "jsonl:./t.jsonl", "--cutover")).code).toBe(0);
  const { code, stdout } = await run("health", "--store", "sqlite:./s.db");
  expect([code, stdout]).toEqual([1, expect.stringMatching(/it has moved to jsonl:/)]);
  const status = await run("status", "--store", "sqlite:./s.db");
  expect(status).toMatchObject({ code: 0, stdout: expect.stringMatching(/^moved to +jsonl:.*takes no more events$/m) });
  const asJson = JSON.parse((await run("status", "--json", "--store", "sqlite:./s.db")).stdout);
  expect(asJson).toMatchObject({ movedTo: expect.stringMatching(/^jsonl:.*t\.jsonl$/) });
  expect((await run("status", "--store", "jsonl:./t.jsonl")).stdout).not.toContain("moved");
});

test("no log: 3, and none is made", async () => {
  expect((await run("health", "--store", "sqlite:./none.db")).code).toBe(3);
  expect((await run("health", "--store", "sqlite:./none.db")).code).toBe(3);
  expect((await run("health", "--store", await freshPostgresUrl())).code).toBe(3);
});

test("no server: 5, soon", async () => {
  const { code, stderr } = await run("health", "--timeout", "500ms", "--store", "postgres://ada@127.0.0.1:1/x");
  expect([code, stderr]).toEqual([5, expect.stringContaining("CONNECT_REFUSED")]);
});

test("damage at its end: 6", async () => {
  const store = ["--store", "jsonl:./s.jsonl"];
  await run("session", "start", "first", ...store);
  await run("session", "start", "second", ...store);
  const path = join(cwd, "s.jsonl");
  writeFileSync(path, readFileSync(path, "utf8").replaceAll("first", "wrong"));
  const { code, stdout } = await run("health", ...store);
  expect([code, stdout]).toEqual([6, ""]);
});

test("a torn tail is not mended by looking", async () => {
  const store = ["--store", "jsonl:./s.jsonl"];
  await run("session", "start", "a", ...store);
  const path = join(cwd, "s.jsonl");
  writeFileSync(path, `${readFileSync(path, "utf8")}{"v":1,"offs`);
  const before = readFileSync(path, "utf8");
  expect((await run("health", ...store)).code).toBe(0);
  expect(readFileSync(path, "utf8")).toBe(before);
});
