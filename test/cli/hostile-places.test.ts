import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundledProgram } from "../support/bundled-program.js";
import { tempDir } from "../support/temp.js";

/** A line of a shell, in which `"$@"` is sessiondb. */
function shell(line: string, cwd: string, env: Readonly<Record<string, string>> = {}) {
  const program = bundledProgram("cli", "dist/cli/sessiondb.js");
  const args = ["-c", line, "sh", process.execPath, program];
  return spawnSync("sh", args, { cwd, encoding: "utf8", env: { ...process.env, ...env }, timeout: 60_000 });
}

const REMOVED = 'mkdir removed && cd removed && rmdir "$PWD" &&';
const NAME = "sessiondb-of-a-removed-folder";

test("in a folder that was removed, a relative store is an error, and none is made at the top", () => {
  const cwd = tempDir();
  for (const ending of ["jsonl", "db"]) {
    const named = shell(`${REMOVED} "$@" session start a --store ./${NAME}.${ending}`, cwd);
    const meant = shell(`${REMOVED} "$@" session start a`, cwd, { SESSIONDB_STORE: `${NAME}.${ending}` });
    for (const { status, stdout, stderr } of [named, meant]) {
      expect([status, stdout, stderr.split(":")[0]]).toEqual([2, "", "error PATH_INVALID"]);
    }
    expect(existsSync(`/${NAME}.${ending}`)).toBe(false);
  }
});

test("in a folder that was removed, a store with its whole path is used", () => {
  const cwd = tempDir();
  mkdirSync(join(cwd, "data"));
  const store = `jsonl:${join(cwd, "data", "s.jsonl")}`;
  const { status, stderr } = shell(`${REMOVED} "$@" session start a --store "${store}"`, cwd);
  expect([status, stderr.includes("error")]).toEqual([0, false]);
});

test.runIf(existsSync("/dev/full"))("a stdout that takes nothing is told in one line, also for the version", () => {
  for (const args of ["--version", "help", "schema --json"]) {
    const { status, stderr } = shell(`"$@" ${args} > /dev/full`, tempDir());
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^error OUTPUT_FAILED: .*\n$/)]);
  }
});

/** A line whose stdout nobody reads from the first, and its exit code on stderr. */
function unread(line: string, cwd: string, env: Readonly<Record<string, string>>) {
  return shell(
    `rm -f go; mkfifo go; { read go < go; ${line}; echo "code $?" >&2; } | { exec <&-; echo go > go; }`,
    cwd,
    env,
  );
}

test("a pipe that nobody reads ends no act, and changes no verdict", () => {
  const cwd = tempDir();
  const env = { SESSIONDB_STORE: "jsonl:./s.jsonl" };
  shell('"$@" session start a --branch right; "$@" session start b', cwd, env);
  const migrated = unread('"$@" migrate --from jsonl:./s.jsonl --to jsonl:./t.jsonl --cutover --ndjson', cwd, env);
  expect(migrated.stderr).toContain("code 0");
  expect(shell('"$@" migrate status --to jsonl:./t.jsonl', cwd).stdout).toMatch(/^state +done$/m);
  const lines = readFileSync(join(cwd, "t.jsonl"), "utf8");
  writeFileSync(join(cwd, "bad.jsonl"), lines.replace("right", "wrong"));
  expect(unread('"$@" verify --store jsonl:./bad.jsonl', cwd, env).stderr).toMatch(/^code 6$/m);
});

test.runIf(existsSync("/dev/full"))("a stdout that takes nothing is told once, and ends no act", () => {
  const cwd = tempDir();
  shell('"$@" session start a --store jsonl:./s.jsonl', cwd);
  const line = '"$@" migrate --from jsonl:./s.jsonl --to jsonl:./t.jsonl --cutover --no-switch --ndjson > /dev/full';
  const { status, stderr } = shell(line, cwd);
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^error OUTPUT_FAILED: .*\n$/)]);
  expect(shell('"$@" migrate status --to jsonl:./t.jsonl', cwd).stdout).toMatch(/^state +done$/m);
});

test("what only prints ends where nobody reads", () => {
  const cwd = tempDir();
  const env = { SESSIONDB_STORE: "jsonl:./s.jsonl" };
  shell('"$@" session start a; "$@" session start b', cwd, env);
  for (const command of ["events export", "export csv -"]) {
    const { stderr } = unread(`"$@" ${command}`, cwd, env);
    expect(stderr).toBe("code 0\n");
  }
});

test.runIf(existsSync("/dev/full"))("a stderr that takes nothing ends no command, and changes no exit code", () => {
  const cwd = tempDir();
  const env = { SESSIONDB_STORE: "jsonl:./s.jsonl" };
  shell('"$@" session start a', cwd, env);
  const shown = shell('"$@" session show a --as-of 1 2> /dev/full', cwd, env);
  expect([shown.status, shown.stdout]).toEqual([0, expect.stringContaining("branch")]);
  expect(shell('"$@" session update a --set branch=b 2> /dev/full', cwd, env).status).toBe(0);
  expect(shell('"$@" session show none 2> /dev/full', cwd, env).status).toBe(3);
});

test("a pipe in the place of a file that is to be kept is refused, and not waited for", () => {
  const cwd = tempDir();
  const env = { SESSIONDB_STORE: "jsonl:./s.jsonl" };
  shell('mkfifo pipe; "$@" session start a; "$@" session start b; "$@" key create ./k', cwd, env);
  for (const [line, code] of [
    ["sign --key ./k --append ./pipe", "SIGNATURES_INVALID"],
    ["archive --before 2 --to ./pipe", "ARCHIVE_DAMAGED"],
    ["archive verify ./pipe", "ARCHIVE_DAMAGED"],
    ["archive restore ./pipe", "ARCHIVE_DAMAGED"],
  ]) {
    const { status, stdout, stderr } = shell(`"$@" ${line}`, cwd, env);
    expect([line, status === 0, stdout, stderr]).toEqual([line, false, "", expect.stringContaining(`error ${code}`)]);
    expect(stderr).toContain("no ordinary file");
  }
});

test.each(["file", "link in a circle"])("a %s in the place of the base folder is told as that", (kind) => {
  const cwd = tempDir();
  const env = { SESSIONDB_STORE: "jsonl:./s.jsonl", MINSKY_BASE_DIR: join(cwd, "base") };
  shell(`${kind === "file" ? "touch base" : "ln -s base base"}; "$@" session start a`, cwd, env);
  expect(shell('"$@" session repair', cwd, env).stderr).toMatch(/^error WORKSPACE_FAILED: .*MINSKY_BASE_DIR\n$/s);
  const { stdout } = shell('"$@" doctor --json', cwd, env);
  const { items } = JSON.parse(stdout) as {
    items: { check: string; severity: string; mend: { text: string } }[];
  };
  expect(items.filter(({ severity }) => severity !== "ok")).toMatchObject([
    { check: "workspaces", severity: "unknown", mend: { text: expect.stringContaining("--base-dir") } },
  ]);
});

test("where too few files may be open to load the program, that is told in two lines, or as JSON", () => {
  const program = bundledProgram("cli", "dist/cli/sessiondb.js");
  const limited = (args: string) =>
    spawnSync("sh", ["-c", `ulimit -n 28; exec "$@" ${args}`, "sh", process.execPath, program], { encoding: "utf8" });
  const { status, stdout, stderr } = limited("help");
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^error STORAGE_FAILED: sessiondb could not be loaded: .*\(EMFILE\)\nhint: .*ulimit -n\)\n$/);
  expect(JSON.parse(limited("help --json").stderr)).toMatchObject({ error: { code: "STORAGE_FAILED" } });
});
