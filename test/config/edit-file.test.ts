import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { editConfigFile } from "../../src/config/edit-file.js";
import { type ConfigEdit, editedText } from "../../src/config/edit-text.js";
import { fileEntries } from "../../src/config/file-entries.js";
import { repositoryFile, userFile } from "../../src/config/find-files.js";
import { requireSetting } from "../../src/config/known-keys.js";
import { storeFile, switchBack, switchStore } from "../../src/config/switch-store.js";
import { fc } from "../support/fast-check.js";
import { workerOutput } from "../support/worker.js";
import { ConfigWorld, codeOf, ref } from "./config-world.js";

const COMMENTED = `# our team's settings
version: 1 # do not touch

storage:
  # sqlite since 2025
  backend: sqlite # for speed
  sqlite:
    path: "data/s.db"

ai: { providers: { x: { model: big } } } # not ours
`;

function edit(key: string, raw: ConfigEdit["raw"]): ConfigEdit {
  return { setting: requireSetting(key), raw };
}

function edited(text: string, ...edits: ConfigEdit[]): string {
  return editedText("/x", text, edits);
}

describe("an edit changes the one line", () => {
  test("of the dialect in which the setting stands", () => {
    expect(edited(COMMENTED, edit("backend", "jsonl"))).toBe(COMMENTED.replace("backend: sqlite", "backend: jsonl"));
    expect(edited(COMMENTED, edit("sqlite.path", "x.db"))).toBe(COMMENTED.replace("data/s.db", "x.db"));
  });

  test("a new one is written as its section is", () => {
    expect(edited(COMMENTED, edit("postgres.maxConnections", 7))).toContain("  postgres:\n    max_connections: 7\n");
    expect(edited("sessiondb:\n  backend: json\n", edit("postgres.maxConnections", 7))).toContain("maxConnections: 7");
    expect(edited("", edit("backend", "json"))).toBe("sessiondb:\n  backend: json\n");
    expect(edited("# only this\n", edit("backend", "json"))).toMatch(/^# only this\n+sessiondb:\n {2}backend: json\n$/);
    expect(edited("sessiondb:\n", edit("sqlite.path", "x"))).toBe("sessiondb:\n  sqlite:\n    path: x\n");
  });

  test("one that is removed takes its empty section along, and no comment of others", () => {
    const without = edited(COMMENTED, edit("sqlite.path", null));
    expect(without).toBe(COMMENTED.replace('  sqlite:\n    path: "data/s.db"\n', ""));
    expect(edited("# why\nsessiondb:\n  backend: json\n", edit("backend", null))).toBe("# why\n");
  });

  test("all places that say the same are changed together", () => {
    const text = "sessiondb: {backend: json}\nstorage: {backend: json}\n";
    expect(fileEntries("/x", edited(text, edit("backend", "sqlite"))).map(({ raw }) => raw)).toEqual([
      "sqlite",
      "sqlite",
    ]);
  });

  test("words that YAML would take for something else stay words", () => {
    for (const word of [
      "true",
      "12",
      "null",
      "~",
      "a: b",
      "# c",
      "*x",
      "&x",
      "- x",
      "'",
      '"',
      " x ",
      "!x",
      "x\\n",
      "é",
      "{",
    ]) {
      const [entry] = fileEntries("/x", edited(COMMENTED, edit("actor", word))).slice(-1);
      expect(entry?.raw).toBe(word);
    }
  });

  test("one that would change more is refused", () => {
    const anchored = "storage:\n  base_dir: &p /a\n  sqlite:\n    path: *p\n";
    expect(codeOf(() => edited(anchored, edit("baseDir", "/b")))).toBe("CONFIG_EDIT_IMPOSSIBLE");
    expect(codeOf(() => edited(anchored, edit("baseDir", null)))).toBe("CONFIG_EDIT_IMPOSSIBLE");
    expect(edited(anchored, edit("sqlite.path", "/b"))).toContain("path: /b");
    const scalar = "sessiondb: {postgres: {ssl: true}}";
    expect(codeOf(() => edited(scalar, edit("postgres.ssl.ca", "/ca")))).toBe("CONFIG_EDIT_IMPOSSIBLE");
  });

  test("law: after any edits the file says what was set, and of other settings what it said", () => {
    const keys = ["backend", "sqlite.path", "lockTimeoutMs", "postgres.maxConnections", "actor", "postgres.schema"];
    const value = fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 99 }), fc.string({ minLength: 1 }));
    const edits = fc.array(fc.tuple(fc.constantFrom(...keys), value), { maxLength: 12 });
    fc.assert(
      fc.property(
        fc.constantFrom(COMMENTED, "", "sessiondb: {backend: json}\n", "persistence:\n"),
        edits,
        (text, all) => {
          const expected = new Map(fileEntries("/x", text).map(({ setting, raw }) => [setting.key, raw]));
          let now: string = text;
          for (const [key, raw] of all) {
            now = edited(now, edit(key, raw));
            if (raw === null) expected.delete(requireSetting(key).key);
            else expected.set(requireSetting(key).key, raw);
          }
          expect(new Map(fileEntries("/x", now).map(({ setting, raw }) => [setting.key, raw]))).toEqual(expected);
          if (text === COMMENTED) expect(now).toContain("# do not touch");
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("a file", () => {
  test("of the user is made for its owner only, and stays so", async () => {
    const world = new ConfigWorld();
    await editConfigFile(userFile(world.env()), [edit("backend", "sqlite")], world.env());
    expect(statSync(world.userFile).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(world.userFile)).mode & 0o777).toBe(0o700);
    chmodSync(world.userFile, 0o644);
    await editConfigFile(userFile(world.env()), [edit("backend", "jsonl")], world.env());
    expect(statSync(world.userFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(world.userFile))).toEqual(["config.yaml"]);
  });

  test("of a repository keeps its mode", async () => {
    const world = new ConfigWorld().repository("", 0o664);
    await editConfigFile(repositoryFile(join(world.repo, "sub"), world.env()), [edit("backend", "json")], world.env());
    expect(statSync(world.repoFile).mode & 0o777).toBe(0o664);
    expect(world.load().find("backend")).toMatchObject({ value: "json", source: { layer: "repository" } });
  });

  test("that is a link stays one", async () => {
    const world = new ConfigWorld();
    writeFileSync(join(world.home, "dotfiles.yaml"), "sessiondb: {backend: json}\n");
    mkdirSync(dirname(world.userFile), { recursive: true });
    symlinkSync(join(world.home, "dotfiles.yaml"), world.userFile);
    await editConfigFile(userFile(world.env()), [edit("backend", "sqlite")], world.env());
    expect(lstatSync(world.userFile).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(world.home, "dotfiles.yaml"), "utf8")).toContain("sqlite");
  });

  test.each<[string, string, ConfigEdit[]]>([
    ["BACKEND_UNKNOWN", "", [edit("backend", "mongo")]],
    ["CONFIG_VALUE_INVALID", "", [edit("backend", "json"), edit("lockTimeoutMs", 0)]],
    ["CONFIG_SECRET_IN_REPOSITORY", "", [edit("postgres.connectionString", "postgres://u:p@h/d")]],
    ["CONFIG_NOT_FOR_REPOSITORY", "", [edit("actor", "boss")]],
    ["CONFIG_PATH_OUTSIDE", "", [edit("sqlite.path", "/etc/s.db")]],
    ["CONFIG_PATH_OUTSIDE", "", [edit("store", "sqlite:../s.db")]],
    ["CONFIG_KEY_UNKNOWN", "sesiondb: {}\n", [edit("backend", "json")]],
  ])("that would be wrong is not written: %s", async (code, text, edits) => {
    const world = new ConfigWorld().repository(text);
    const file = repositoryFile(world.repo, world.env());
    await expect(editConfigFile(file, edits, world.env())).rejects.toMatchObject({ code });
    expect(readFileSync(world.repoFile, "utf8")).toBe(text);
  });

  test("of a repository is never written through a link that leads out of it", async () => {
    const [world, other] = [new ConfigWorld(), new ConfigWorld().user("sessiondb: {}\n")];
    symlinkSync(dirname(other.userFile), join(world.repo, ".minsky"));
    const write = editConfigFile(repositoryFile(world.repo, world.env()), [edit("backend", "json")], world.env());
    await expect(write).rejects.toMatchObject({ code: "CONFIG_PATH_OUTSIDE" });
    expect(readFileSync(other.userFile, "utf8")).toBe("sessiondb: {}\n");
  });

  test("a folder that cannot be written to", async () => {
    const world = new ConfigWorld();
    writeFileSync(join(world.home, ".config"), "a file");
    await expect(editConfigFile(userFile(world.env()), [edit("backend", "json")], world.env())).rejects.toMatchObject({
      code: "CONFIG_WRITE_FAILED",
    });
  });
});

test("several processes that set at once lose nothing of each other", async () => {
  const world = new ConfigWorld().user(COMMENTED);
  const keys = ["lockTimeoutMs", "postgres.maxConnections", "postgres.connectTimeoutMs", "postgres.statementTimeoutMs"];
  const env = { HOME: world.home, XDG_CONFIG_HOME: "", XDG_STATE_HOME: "" };
  const assignments = (key: string) => Array.from({ length: 15 }, (_, i) => `${key}=${i + 1}`);
  await Promise.all(keys.map((key) => workerOutput("config-setter", assignments(key), { env })));
  const config = world.load();
  expect(keys.map((key) => config.find(key)?.value)).toEqual([15, 15, 15, 15]);
  expect(readFileSync(world.userFile, "utf8")).toContain("# do not touch");
  expect(readdirSync(dirname(world.userFile))).toEqual(["config.yaml"]);
});

describe("switching the store", () => {
  test.each([
    ["sessiondb:\n  # here\n  backend: json\n", "sqlite:/x/s.db", "sqlite", "/x/s.db"],
    [COMMENTED, "jsonl:/x/s.jsonl", "jsonl", "/x/s.jsonl"],
    [COMMENTED, "postgres://u:hunter2@h/d?schema=x", "postgres", "postgres://u:hunter2@h/d?schema=x"],
    ["", "sqlite:/x/s.db", "sqlite", "/x/s.db"],
  ])("%j to %s and back", async (text, url, backend, place) => {
    const world = new ConfigWorld().user(text);
    const change = await switchStore(storeFile(world.load()), url, world.env());
    const key = backend === "postgres" ? "postgres.connectionString" : `${backend}.path`;
    expect([world.load().find("backend")?.value, world.load().find(key)?.value]).toEqual([backend, place]);
    await switchBack(JSON.parse(JSON.stringify(change)), world.env());
    expect(readFileSync(world.userFile, "utf8")).toBe(text);
  });

  test("an address that decides is replaced by an address", async () => {
    const world = new ConfigWorld().user("sessiondb:\n  store: jsonl:/a.jsonl # old\n");
    const change = await switchStore(world.userFile, "sqlite:/b.db", world.env());
    expect(readFileSync(world.userFile, "utf8")).toBe("sessiondb:\n  store: sqlite:/b.db # old\n");
    await switchBack(change, world.env());
    expect(world.load().find("store")?.value).toBe("jsonl:/a.jsonl");
  });

  test("is not taken back over somebody else's change", async () => {
    const world = new ConfigWorld().user("sessiondb: {backend: json}\n");
    const change = await switchStore(world.userFile, "sqlite:/b.db", world.env());
    await editConfigFile(userFile(world.env()), [edit("sqlite.path", "/c.db")], world.env());
    await expect(switchBack(change, world.env())).rejects.toMatchObject({ code: "CONFIG_CHANGED" });
    expect(world.load().find("sqlite.path")?.value).toBe("/c.db");
  });

  test("the file that decides is the repository's, the user's, or none", () => {
    const world = new ConfigWorld();
    expect(storeFile(world.load())).toBe(world.userFile);
    world.user("storage: {backend: sqlite}");
    expect(storeFile(world.load())).toBe(world.userFile);
    world.repository("storage: {backend: sqlite}");
    expect(storeFile(world.load())).toBe(world.repoFile);
    expect(codeOf(() => storeFile(world.load({ SESSIONDB_STORE: "jsonl:x" })))).toBe("STORE_DECIDED_ELSEWHERE");
    expect(codeOf(() => storeFile(world.load({}, "jsonl:x")))).toBe("STORE_DECIDED_ELSEWHERE");
  });

  test("in a repository's file a server is refused, and a file has its path in the repository", async () => {
    const world = new ConfigWorld().repository("storage: {backend: json}\n");
    const toServer = switchStore(world.repoFile, "postgres://u:p@h/d", world.env());
    await expect(toServer).rejects.toMatchObject({ code: "CONFIG_SECRET_IN_REPOSITORY" });
    await switchStore(world.repoFile, `sqlite:${world.repo}/data/s.db`, world.env());
    expect(readFileSync(world.repoFile, "utf8")).toContain("path: data/s.db");
    await switchStore(world.repoFile, ref("TEAM_URL"), world.env());
    expect(world.load({ TEAM_URL: "postgres://h/d" }).find("postgres.connectionString")?.value).toBe("postgres://h/d");
  });
});
