import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigWorld, codeOf, ref } from "./config-world.js";

const PASSWORD = "hunter2";

describe("a repository's file says nothing of secrets, nor of where they go", () => {
  test.each([
    ["CONFIG_SECRET_IN_REPOSITORY", `connectionString: postgres://u:${PASSWORD}@h/d`],
    ["CONFIG_SECRET_IN_REPOSITORY", "connectionString: postgres://evil.example/d"],
    ["CONFIG_SECRET_IN_REPOSITORY", `connectionString: postgres://evil.example/${ref("PGPASSWORD")}`],
    ["CONFIG_SECRET_IN_REPOSITORY", `connectionString: ${ref("A")}${ref("B")}`],
    ["CONFIG_SECRET_IN_REPOSITORY", "store: postgres://evil.example/d"],
    ["CONFIG_SECRET_IN_REPOSITORY", "store: POSTGRESQL://evil.example/d"],
    ["CONFIG_SECRET_IN_REPOSITORY", "store: other:anything"],
    ["CONFIG_SECRET_IN_REPOSITORY", `postgres: {listenUrl: postgres://u:${PASSWORD}@h/d}`],
    ["CONFIG_SECRET_IN_REPOSITORY", `postgres: {readUrl: postgres://u:${PASSWORD}@h/d}`],
    ["CONFIG_NOT_FOR_REPOSITORY", "postgres: {ssl: false}"],
    ["CONFIG_NOT_FOR_REPOSITORY", "postgres: {ssl: {ca: ./evil.pem}}"],
    ["CONFIG_NOT_FOR_REPOSITORY", "actor: boss"],
  ])("%s: %s", (code, line) => {
    const load = () => new ConfigWorld().repository(`sessiondb:\n  ${line}\n`).load();
    expect(codeOf(load)).toBe(code);
    expect(load).toThrow(/\.minsky\/config\.yaml:2: sessiondb\./);
    expect(load).not.toThrow(PASSWORD);
  });

  test("in every dialect", () => {
    for (const text of [
      `storage: {postgres: {connection_string: "postgres://u:${PASSWORD}@h/d"}}`,
      `credentials: {postgres: {connection_string: "postgres://u:${PASSWORD}@h/d"}}`,
      `persistence: {postgres: {connectionString: "postgres://u:${PASSWORD}@h/d"}}`,
    ]) {
      expect(codeOf(() => new ConfigWorld().repository(text).load())).toBe("CONFIG_SECRET_IN_REPOSITORY");
    }
  });

  test("the name of a variable, a backend and a schema are the repository's to choose", () => {
    const world = new ConfigWorld().repository(
      `sessiondb: {backend: postgres, connectionString: "${ref("TEAM_URL")}", postgres: {schema: team}}`,
    );
    const config = world.load({ TEAM_URL: `postgres://u:${PASSWORD}@h/d` });
    expect(config.find("postgres.connectionString")?.value).toBe(`postgres://u:${PASSWORD}@h/d`);
    expect(config.find("postgres.schema")?.value).toBe("team");
  });
});

describe("a repository's paths stay inside it", () => {
  const SECRET = "/somewhere/else";

  test.each([
    "/etc/s.db",
    "../s.db",
    "a/../../s.db",
    "~/s.db",
    `${ref("SECRET")}/s.db`,
    ref("SECRET"),
    ".git/hooks/x",
    ".git",
  ])("%s does not", (path) => {
    for (const line of [`sqlite: {path: "${path}"}`, `jsonl: {path: "${path}"}`, `baseDir: "${path}"`]) {
      const world = new ConfigWorld().repository(`sessiondb: {${line}}`);
      const key = line.startsWith("base") ? "baseDir" : `${line.split(":")[0]}.path`;
      expect(
        codeOf(() => world.load({ SECRET }).find(key)),
        line,
      ).toBe("CONFIG_PATH_OUTSIDE");
    }
    for (const scheme of ["sqlite", "jsonl", "SQLite"]) {
      const world = new ConfigWorld().repository(`sessiondb: {store: "${scheme}:${path}"}`);
      expect(
        codeOf(() => world.load({ SECRET }).find("store")),
        scheme,
      ).toBe("CONFIG_PATH_OUTSIDE");
    }
  });

  test("an address out of a variable stays inside, too", () => {
    const world = new ConfigWorld().repository(`sessiondb: {store: "${ref("STORE")}"}`);
    expect(codeOf(() => world.load({ STORE: "sqlite:/etc/s.db" }).find("store"))).toBe("CONFIG_PATH_OUTSIDE");
    expect(world.load({ STORE: "sqlite:s.db" }).find("store")?.value).toBe(`sqlite:${world.repo}/s.db`);
  });

  test("also behind links: of the file, of a folder, of a file beside it, to what is there and to what is not", () => {
    const outside = new ConfigWorld();
    writeFileSync(join(outside.home, "there.db"), "");
    const links: [string, string, string][] = [
      ["s.db", "s.db", join(outside.home, "there.db")],
      ["s.db", "s.db", join(outside.home, "not-there.db")],
      ["a/s.db", "a", outside.home],
      ["a/b/c/s.db", "a", join(outside.home, "not-there")],
      ["s.db", "s.db-wal", join(outside.home, "x")],
      ["s.jsonl", "s.jsonl.sidecar", outside.home],
      ["s.db", "s.db", "s.db"],
      ["a/s.db", "a", ".git/hooks"],
    ];
    for (const [path, link, target] of links) {
      const world = new ConfigWorld().repository(`sessiondb: {sqlite: {path: ${path}}}`);
      symlinkSync(target, join(world.repo, link));
      expect(
        codeOf(() => world.load().find("sqlite.path")),
        `${link} → ${target}`,
      ).toBe("CONFIG_PATH_OUTSIDE");
    }
  });

  test("links that stay inside are fine, and so are folders that are not there yet, and names with two dots", () => {
    const world = new ConfigWorld();
    mkdirSync(join(world.repo, "data"));
    symlinkSync("data", join(world.repo, "link"));
    symlinkSync(join(world.repo, "data/later.db"), join(world.repo, "later.db"));
    for (const path of [
      "link/s.db",
      "later.db",
      "new/folder/s.db",
      "..s.db",
      ".minsky/s.db",
      "./sub/../s.db",
      ".github/s",
    ]) {
      world.repository(`sessiondb: {sqlite: {path: ${path}}}`);
      expect(world.load().find("sqlite.path")?.value).toBe(join(world.repo, path));
    }
  });
});

test.runIf(process.getuid?.() === 0)("a file that a stranger put above a folder is not read, and told of", async () => {
  const { chownSync } = await import("node:fs");
  const world = new ConfigWorld().repository("sessiondb: {backend: sqlite}");
  chownSync(world.repoFile, 65_534, 65_534);
  const config = world.load();
  expect(config.find("backend")?.value).toBe("jsonl");
  expect(config.warnings).toEqual([expect.stringContaining(world.repoFile)]);
  // Where the folder is theirs as well, it is their checkout that the user works in.
  chownSync(join(world.repo, "sub"), 65_534, 65_534);
  expect(world.load().find("backend")?.value).toBe("sqlite");
});
