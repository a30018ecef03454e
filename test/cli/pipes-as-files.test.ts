import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { bundledProgram } from "../support/bundled-program.js";
import { tempDir } from "../support/temp.js";

const cwd = tempDir();
const env = {
  ...process.env,
  SESSIONDB_STORE: "jsonl:./s.jsonl",
  SESSIONDB: `${process.execPath} ${bundledProgram("cli", "dist/cli/sessiondb.js")}`,
};

/** In bash, for its `<(…)`. One that waits for ever is ended by the limit, and has no status then. */
function bash(line: string): SpawnSyncReturns<string> {
  return spawnSync("bash", ["-c", line], { cwd, encoding: "utf8", env, timeout: 20_000 });
}

beforeAll(() => {
  const made = bash(`set -e
    mkfifo pipe
    $SESSIONDB session start a
    $SESSIONDB collab create c
    $SESSIONDB key create k
    $SESSIONDB sign --key k --append signed
    $SESSIONDB audit --session a --proof proof.jsonl
    echo '{"sessions":[{"session":"b"}]}' > sessions.json`);
  expect([made.status, made.stderr]).toEqual([0, expect.anything()]);
});

describe("a pipe that nobody writes into is refused, and not waited for", () => {
  test.each([
    "session update a --patch pipe",
    "audit check pipe",
    "audit check proof.jsonl --key pipe",
    "sign --key pipe",
    "import minsky-json pipe",
    "collab chunk add c one --file pipe",
    "import minsky-json <(false)",
  ])("%s", (line) => {
    const { status, stdout, stderr } = bash(`$SESSIONDB ${line}`);
    expect([status, stdout, stderr]).toEqual([2, "", expect.stringMatching(/^error PIPE_UNWRITTEN: .*\nhint: /)]);
  });
});

/** The shell writes into the pipe (4) before anybody reads from it, and is told of the reader by being let in again (5). */
const held = "exec 3<> pipe; exec 4> pipe;";
const readByUpdate = "$SESSIONDB session update a --patch pipe 4>&- &";

describe("a pipe that somebody writes into is read as the file that it stands for", () => {
  test.each([
    '$SESSIONDB session update a --patch <(echo \'{"branch":"x"}\')',
    "$SESSIONDB audit check <(cat proof.jsonl)",
    "$SESSIONDB sign --key <(cat k)",
    "$SESSIONDB import minsky-json <(cat sessions.json) --dry-run",
    "$SESSIONDB collab chunk add c one --file <(echo hello)",
    `${held} echo '{"branch":"y"}' >&4; exec 3>&-; ${readByUpdate} exec 5> pipe; exec 4>&- 5>&-; wait $!`,
    `${held} exec 3>&-; ${readByUpdate} exec 5> pipe; echo '{"branch":"z"}' >&5; exec 4>&- 5>&-; wait $!`,
  ])("%s", (line) => {
    const { status, stderr } = bash(line);
    expect([status, stderr]).toEqual([0, expect.not.stringContaining("error")]);
  });
});

describe("what is read twice is no pipe", () => {
  test.each([
    ["restore <(cat s.jsonl) --store jsonl:t.jsonl", "PATH_INVALID"],
    ["restore pipe --store jsonl:t.jsonl", "PATH_INVALID"],
    ["verify --key k.pub --signed <(cat signed)", "SIGNATURES_INVALID"],
    ["verify --key k.pub --signed pipe", "SIGNATURES_INVALID"],
  ])("%s", (line, code) => {
    const { status, stdout, stderr } = bash(`$SESSIONDB ${line}`);
    expect([status, stdout, stderr]).toEqual([2, "", expect.stringMatching(new RegExp(`^error ${code}: .*\nhint: `))]);
  });
});

test("a device without an end is no key", () => {
  expect(bash("$SESSIONDB sign --key /dev/zero").stderr).toMatch(/^error KEY_INVALID: /);
});

describe("a pipe in the place of a file that sessiondb keeps is refused, and not waited for", () => {
  test.each([
    ["s.jsonl.manifest.json", "session list"],
    ["s.jsonl.manifest.json", "session start z"],
    ["s.jsonl.sidecar/snapshots/sessions-r2/0000000000000001~", "session list"],
  ])("%s: %s", (name, line) => {
    bash("rm -rf s.jsonl*; $SESSIONDB session start a; $SESSIONDB projection rebuild sessions");
    expect(bash(`rm ${name} && mkfifo ${name}`).status).toBe(0);
    const { status, stdout, stderr } = bash(`$SESSIONDB ${line}`);
    expect([status, stdout, stderr]).toEqual([1, "", expect.stringMatching(/error STORAGE_UNREADABLE: .*\nhint: /)]);
  });

  test("doctor says so, too", () => {
    bash("rm -rf s.jsonl*; $SESSIONDB session start a; rm s.jsonl.manifest.json; mkfifo s.jsonl.manifest.json");
    const { status, stdout } = bash("$SESSIONDB doctor");
    expect([status, stdout]).toEqual([expect.any(Number), expect.stringContaining("is a pipe or a device")]);
  });
});

test("a pipe that has the name of a segment does not keep an empty log waiting", () => {
  writeFileSync(join(cwd, "e.jsonl"), "");
  const { status, stderr } = bash("mkfifo e.jsonl.000001; $SESSIONDB session start a --store jsonl:e.jsonl");
  expect([status, stderr]).toEqual([0, expect.not.stringContaining("error")]);
});
