import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { fileEntries } from "../../src/config/file-entries.js";
import { ConfigWorld, codeOf } from "./config-world.js";

/** A limit for a slow machine: without the limits of the reader these take seconds, minutes, or the whole process. */
const MILLISECONDS = 2_000;

const ALIASES = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`).join("\n");

describe("refused at once, with the file's name", () => {
  test.each<[string, string, string]>([
    ["an alias bomb", `a0: &a0 [x]\n${ALIASES}\n`, "CONFIG_TOO_LARGE"],
    ["21 aliases", `sessiondb: &s {}\nai: [${"*s,".repeat(21)}]`, "CONFIG_TOO_LARGE"],
    ["20,000 brackets", "[".repeat(20_000), "CONFIG_TOO_LARGE"],
    ["a million brackets", "[".repeat(1_000_000), "CONFIG_TOO_LARGE"],
    ["brackets on lines of their own", "ai:\n".concat(" [\n".repeat(5_000)), "CONFIG_TOO_LARGE"],
    ["maps in maps", "{a: ".repeat(250_000), "CONFIG_TOO_LARGE"],
    ["80,000 keys", Array.from({ length: 80_000 }, (_, i) => `k${i}: 1\n`).join(""), "CONFIG_TOO_LARGE"],
    ["a list of 250,000", "- a\n".repeat(250_000), "CONFIG_TOO_LARGE"],
    ["lists in lists", "- ".repeat(500_000), "CONFIG_TOO_LARGE"],
    ["tags", "!!a ".repeat(250_000), "CONFIG_TOO_LARGE"],
    ["half a million comments", "#\n".repeat(500_000), "CONFIG_TOO_LARGE"],
    ["more than 1 MiB", `# ${"x".repeat(1024 * 1024)}\n`, "CONFIG_TOO_LARGE"],
    ["1,400 levels", Array.from({ length: 1_400 }, (_, i) => `${" ".repeat(i)}ai:\n`).join(""), "CONFIG_SYNTAX"],
    ["an alias of itself", "sessiondb: &s\n  sqlite: *s\n", "CONFIG_KEY_UNKNOWN"],
    ["a key twice", "sessiondb:\n  backend: json\n  backend: sqlite\n", "CONFIG_SYNTAX"],
    ["a section twice", "sessiondb: {}\nsessiondb: {}\n", "CONFIG_SYNTAX"],
    ["a key twice where nobody looks", "ai: {a: 1, a: 2}\n", "CONFIG_SYNTAX"],
    ["two documents", "sessiondb: {}\n---\nsessiondb: {}\n", "CONFIG_SYNTAX"],
    ["a list", "- sessiondb\n", "CONFIG_SYNTAX"],
    ["a word", "sqlite\n", "CONFIG_SYNTAX"],
    ["a section that is a word", "sessiondb: sqlite\n", "CONFIG_SYNTAX"],
    ["a section that is a list", "sessiondb: [sqlite]\n", "CONFIG_SYNTAX"],
    ["a key that is a map", "? {a: b}\n: c\n", "CONFIG_SYNTAX"],
    ["a tag that runs code elsewhere", 'sessiondb: !!js/function "x"\n', "CONFIG_SYNTAX"],
    ["an alias of nothing", "sessiondb: *nothing\n", "CONFIG_SYNTAX"],
    ["a tab that indents", "sessiondb:\n\tbackend: json\n", "CONFIG_SYNTAX"],
    ["an open quote", 'sessiondb: {backend: "json\n', "CONFIG_SYNTAX"],
    ["merge keys", "sessiondb:\n  <<: {backend: sqlite}\n", "CONFIG_KEY_UNKNOWN"],
    ["__proto__", "__proto__: {backend: sqlite}\n", "CONFIG_KEY_UNKNOWN"],
    ["__proto__ in a section", "sessiondb:\n  __proto__: {backend: sqlite}\n", "CONFIG_KEY_UNKNOWN"],
    ["constructor", "constructor: {prototype: {backend: sqlite}}\n", "CONFIG_KEY_UNKNOWN"],
    ["an empty key", '"": 1\n', "CONFIG_KEY_UNKNOWN"],
    ["a value that is a list", "sessiondb:\n  backend: [json]\n", "CONFIG_VALUE_INVALID"],
    ["a value that is a map", "sessiondb:\n  backend: {json: 1}\n", "CONFIG_VALUE_INVALID"],
  ])("%s", (_name, text, code) => {
    const began = performance.now();
    expect(codeOf(() => fileEntries("/x/config.yaml", text))).toBe(code);
    expect(performance.now() - began).toBeLessThan(MILLISECONDS);
    expect(() => fileEntries("/x/config.yaml", text)).toThrow(/^\/x\/config\.yaml/);
    expect(({} as Record<string, unknown>).backend).toBeUndefined();
  });

  test("values that a setting cannot have", () => {
    const bad: [string, string][] = [
      ["backend", "mongo"],
      ["backend", "SQLITE"],
      ["backend", "1"],
      ["sqlite.enableWAL", "false"],
      ["lockTimeoutMs", "0"],
      ["lockTimeoutMs", "-1"],
      ["lockTimeoutMs", "1.5"],
      ["lockTimeoutMs", ".inf"],
      ["lockTimeoutMs", "1e99"],
      ["lockTimeoutMs", "soon"],
      ["postgres.maxConnections", "101"],
      ["postgres.schema", "a;drop"],
      ["postgres.schema", "pg_x"],
      ["postgres.ssl.mode", "prefer"],
      ["postgres.connectionString", "mysql://u:hunter2@h/d"],
      ["postgres.connectionString", "host=h password=hunter2"],
      ["sqlite.path", '"a\\0b"'],
      ["sqlite.path", '"a\\nb"'],
      ["sqlite.path", '""'],
      ["sqlite.path", "1"],
      ["lockTimeoutMs", ".nan"],
    ];
    for (const [key, value] of bad) {
      const [name, ...rest] = key.split(".").reverse();
      const map = rest.reduce((inner, part) => `{${part}: ${inner}}`, `{${name}: ${value}}`);
      const find = () => new ConfigWorld().user(`\nsessiondb: ${map}`).load().find(key);
      expect(codeOf(find), `${key}: ${value}`).toMatch(/^(CONFIG_VALUE_INVALID|BACKEND_UNKNOWN)$/);
      expect(find).toThrow(/config\.yaml:2: sessiondb\./);
      expect(find).not.toThrow(/hunter2/);
    }
  });
});

test.each([
  ["sesiondb: {}", "sessiondb"],
  ["sessiondb: {bakend: json}", "sessiondb.backend"],
  ["sessiondb:\n  sqlite: {pth: x}", "sessiondb.sqlite.path"],
  ["storage:\n  postgres: {conection_string: x}", "storage.postgres.connection_string"],
  ["credentials:\n  postgres: {connection_strin: x}", "credentials.postgres.connection_string"],
])("%j gets a suggestion", (text, meant) => {
  const act = () => fileEntries("/x/config.yaml", text);
  expect(act).toThrow(expect.objectContaining({ code: "CONFIG_KEY_UNKNOWN", hint: `did you mean ${meant}?` }));
  expect(act).toThrow(new RegExp(`^/x/config\\.yaml:${text.split("\n").length}: unknown key`));
});

test("sections that are not ours are left alone", () => {
  const text =
    "version: 1\nai: {providers: {x: {apiKey: abc}}}\ncredentials: {github: {token: abc}}\nsessiondb: {backend: json}";
  expect(fileEntries("/x", text).map(({ raw }) => raw)).toEqual(["json"]);
  expect(fileEntries("/x", "# nothing\n")).toEqual([]);
});

test("two dialects in one file may repeat each other, and not differ", () => {
  const text = (other: string) => `sessiondb: {backend: sqlite}\nstorage: {backend: ${other}}\n`;
  expect(fileEntries("/x", text("sqlite"))).toHaveLength(2);
  expect(codeOf(() => fileEntries("/x", text("json")))).toBe("CONFIG_CONFLICT");
});

describe("what is no file of text", () => {
  test.each<[string, string, (path: string) => void]>([
    ["a folder", "CONFIG_UNREADABLE", (path) => mkdirSync(path)],
    ["a pipe", "CONFIG_UNREADABLE", (path) => execFileSync("sh", ["-c", 'mkfifo "$0"', path])],
    ["a device", "CONFIG_UNREADABLE", (path) => symlinkSync("/dev/zero", path)],
    ["a link to nothing", "CONFIG_UNREADABLE", (path) => symlinkSync("/nowhere", path)],
    ["a link to itself", "CONFIG_UNREADABLE", (path) => symlinkSync(path, path)],
    ["bytes that are no UTF-8", "CONFIG_SYNTAX", (path) => writeFileSync(path, Buffer.from([0x61, 0xff, 0xfe]))],
  ])("%s", (_name, code, make) => {
    for (const which of ["userFile", "repoFile"] as const) {
      const world = new ConfigWorld();
      mkdirSync(dirname(world[which]), { recursive: true });
      make(world[which]);
      expect(codeOf(() => world.load())).toBe(code);
      rmSync(world[which], { recursive: true });
      expect(codeOf(() => world.load())).toBe("no error");
    }
  });
});
