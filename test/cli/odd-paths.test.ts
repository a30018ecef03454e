import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundledProgram } from "../support/bundled-program.js";
import { tempDir } from "../support/temp.js";

const cwd = tempDir();
mkdirSync(join(cwd, "folder"));
writeFileSync(join(cwd, "file"), "");
run("session start a");
run("session start b");
run("key create k");

/** Words are told apart by blanks; `""` is an empty one. */
function run(line: string): SpawnSyncReturns<string> {
  const program = bundledProgram("cli", "dist/cli/sessiondb.js");
  const args = line.split(" ").map((word) => (word === '""' ? "" : word));
  const env = { ...process.env, SESSIONDB_STORE: "jsonl:./s.jsonl" };
  return spawnSync(process.execPath, [program, ...args], {
    cwd,
    encoding: "utf8",
    env,
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
}

test.each([
  ["restore folder --to jsonl:./t.jsonl", 1, "STORAGE_UNREADABLE", "it is a folder (EISDIR)"],
  ["restore none --to jsonl:./t.jsonl", 3, "BACKUP_NOT_FOUND", "there is no such file or folder (ENOENT)"],
  ["import minsky-json none", 3, "IMPORT_NOT_FOUND", "there is no such file or folder (ENOENT)"],
  ["import minsky-sqlite none", 3, "IMPORT_NOT_FOUND", "there is no such file or folder (ENOENT)"],
  ["import tower-sessions none", 3, "IMPORT_NOT_FOUND", "there is no such file or folder (ENOENT)"],
  ["import connect-pg-simple none", 3, "IMPORT_NOT_FOUND", "there is no such file or folder (ENOENT)"],
  ["import ai-webhook none", 3, "IMPORT_NOT_FOUND", "there is no such file or folder (ENOENT)"],
  ["archive verify none", 3, "ARCHIVE_NOT_FOUND", "none"],
  ["archive verify folder", 1, "STORAGE_UNREADABLE", "it is a folder (EISDIR)"],
  ["key show folder", 1, "KEY_FILE_FAILED", "it is a folder (EISDIR)"],
  ["sign --key file/below", 1, "KEY_FILE_FAILED", "a part of the path is no folder (ENOTDIR)"],
  ["audit check file/below", 1, "PROOF_FILE_FAILED", "a part of the path is no folder (ENOTDIR)"],
  ["collab chunk add a c --file folder", 2, "ARGUMENT_INVALID", "folder cannot be read: it is a folder (EISDIR)"],
  ["import minsky-sqlite file/below", 1, "IMPORT_UNREADABLE", "a part of the path is no folder (ENOTDIR)"],
  ["import tower-sessions file/below", 1, "IMPORT_UNREADABLE", "a part of the path is no folder (ENOTDIR)"],
  ["import ai-webhook file", 1, "IMPORT_UNREADABLE", "it is no folder, or a part of the path is none (ENOTDIR)"],
  ["events export -o file/below", 2, "OUTPUT_FILE_INVALID", "a part of the path is no folder (ENOTDIR)"],
  ["backup -o file/below", 1, "OUTPUT_UNWRITABLE", "a part of the path is no folder (EEXIST)"],
  ["session start x --store jsonl:file/below", 2, "PATH_INVALID", "a part of the path is no folder (ENOTDIR)"],
  ["session start x --store sqlite:file/below", 2, "PATH_INVALID", "a part of the path is no folder (ENOTDIR)"],
  ["session list --store sqlite:file/below", 2, "PATH_INVALID", "a part of the path is no folder (ENOTDIR)"],
])("%s: told in words, with what to do", (line, status, code, why) => {
  const told = run(line);
  expect([told.status, told.stdout]).toEqual([status, ""]);
  const [error = "", hint = ""] = told.stderr.split("\n");
  expect(error.startsWith(`error ${code}: `) && error.endsWith(why), error).toBe(true);
  expect(hint).toMatch(/^hint: ./);
});

test.runIf(existsSync("/proc/self"))("where no folder can be made, the address is to blame", () => {
  for (const store of ["jsonl:/proc/none/s.jsonl", "sqlite:/proc/none/s.db"]) {
    const { status, stderr } = run(`session start x --store ${store}`);
    expect([status, stderr.split("\n")]).toEqual([
      2,
      [`error PATH_INVALID: ${store}: no folder can be made there (ENOENT)`, expect.stringMatching(/^hint: check/), ""],
    ]);
  }
});

test.runIf(existsSync("/proc/self"))(
  "an archive in a place that takes no folders is refused, and does not hang",
  () => {
    const { status, stderr } = run("archive --before HEAD --to /proc/none/deep/a.gz");
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/error OUTPUT_UNWRITABLE: .*no folder can be made there/),
    ]);
  },
);

test.each([
  ["archive --before HEAD --to file/below", "OUTPUT_UNWRITABLE"],
  ["archive --before HEAD --to file", "ARCHIVE_DAMAGED"],
  ["archive --before HEAD --to folder", "STORAGE_UNREADABLE"],
  ["migrate --to jsonl:./t.jsonl --backup file", "OUTPUT_UNWRITABLE"],
  ["migrate --to jsonl:./t.jsonl --backup file/below", "OUTPUT_UNWRITABLE"],
])("%s: a dry run says what the act says of the place", (line, code) => {
  const before = readdirSync(cwd, { recursive: true }).sort();
  const asked = run(`${line} --dry-run`);
  expect([asked.status, asked.stderr]).toEqual([run(line).status, expect.stringContaining(`error ${code}: `)]);
  expect(readdirSync(cwd, { recursive: true }).sort()).toEqual(before);
  expect(run(`${line.slice(0, line.lastIndexOf(" "))} new/deep --dry-run`).status).toBe(0);
});

test.each([
  'restore "" --to jsonl:./t.jsonl',
  'import ai-webhook ""',
  'import minsky-json ""',
  'export ai-webhook ""',
  'key create ""',
  'sign --key ""',
  'backup -o ""',
  'migrate --to jsonl:./t.jsonl --backup ""',
  'migrate --backup "" to jsonl:./t.jsonl',
])("%s: an empty name is none, and not the current folder", (line) => {
  const before = readdirSync(cwd);
  const { status, stderr } = run(line);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/^error ARGUMENT_INVALID: \S+ is empty.*\nhint: /)]);
  expect(readdirSync(cwd)).toEqual(before);
});

test.each(["export minsky-json folder", "backup -o folder"])(
  "%s: a folder is not to be replaced with --force",
  (line) => {
    const { status, stderr } = run(line);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^error OUTPUT_UNWRITABLE: .*no ordinary file\nhint: /),
    ]);
    expect(stderr).not.toContain("--force");
  },
);

test("an import that brings nothing makes no store", () => {
  for (const kind of ["minsky-json", "minsky-sqlite"]) {
    const { status, stderr } = run(`import ${kind} file --store sqlite:./none.db`);
    expect([status, stderr]).toEqual([0, expect.stringContaining("the file is empty")]);
  }
  expect(readdirSync(cwd).filter((name) => name.startsWith("none"))).toEqual([]);
});
